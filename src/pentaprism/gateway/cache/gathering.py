"""A reply on its way to the client, gathered in passing."""

from __future__ import annotations

from starlette.types import Message, Send

from pentaprism.gateway.cache.kept import HeaderList, Kept
from pentaprism.gateway.cache.policy import MOST_BODY, lifetime_of

_NOT_MODIFIED = 304


class Gathering:
    """Passes a reply on piece by piece, and has it whole at the end if it may be kept.

    With ``holding``, a 304 is held back: it is the answer to a question of the cache, not to one
    of the client. ``most`` is for how many seconds a reply may be used at most; none is
    kept with 0.
    """

    def __init__(self, send: Send, most: float, *, holding: bool = False) -> None:
        self._send = send
        self._most = most
        self._holding = holding
        self._lifetime: float | None = None
        self._pieces: list[bytes] = []
        self._gathered = 0
        self.status = 0
        self.headers: HeaderList = []

    @property
    def held(self) -> bool:
        """Whether a 304 was held back, so that the client has no answer yet."""
        return self._holding and self.status == _NOT_MODIFIED

    async def __call__(self, message: Message) -> None:
        """Take one message of the reply."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message["headers"])
            self._lifetime = lifetime_of(self.status, self.headers, self._most)
        elif self._lifetime is not None:
            self._gather(message.get("body", b""))
        if not self.held:
            await self._send(message)

    def reply(self, subject: bytes, asked: float) -> Kept | None:
        """Return the reply if all of it came and it may be kept."""
        if self._lifetime is None:
            return None
        told = next(v for n, v in self.headers if n.lower() == b"content-length")
        if int(told) != self._gathered:
            return None
        body = b"".join(self._pieces)
        return Kept(subject, self.headers, body, asked=asked, lifetime=self._lifetime)

    def _gather(self, body: bytes) -> None:
        self._gathered += len(body)
        if self._gathered > MOST_BODY:
            self._lifetime = None
            self._pieces.clear()
        elif body:
            self._pieces.append(body)
