"""Calls that change something that is there already, in the forms that Immich has for them."""

from __future__ import annotations

import msgspec

from pentaprism.errors import ActionRequiredError, PentaprismError
from pentaprism.immich.calls import Calls
from pentaprism.immich.options import Address
from pentaprism.immich.refusals import Refusal


class Orders(Calls):
    """The API's calls, with those that say what shall be: all of them may be repeated."""

    async def update[T](
        self, path: str, body: msgspec.Struct, kind: type[T], *, absent: PentaprismError
    ) -> T:
        """PUT ``body`` to ``path``, or PATCH it where the server has no PUT; see `Calls.put`.

        PUT is on its way out since 3.0, and 2.x knows nothing else.
        """
        try:
            return await self.put(path, body, kind, absent=absent, explain=_leave)
        except ActionRequiredError as error:
            if error.code != "not_immich":
                raise
        return await self.put(path, body, kind, absent=absent, explain=_leave, method="PATCH")

    async def remove(self, path: str, body: msgspec.Struct, *, absent: PentaprismError) -> None:
        """DELETE what ``body`` names at ``path``, all or nothing."""
        await self._repeat("DELETE", path, data=msgspec.json.encode(body), absent=absent)

    async def remove_each[T](
        self, path: str, body: msgspec.Struct, kind: type[T], *, absent: PentaprismError
    ) -> T:
        """DELETE what ``body`` names at ``path``, and decode what became of each."""
        data = msgspec.json.encode(body)
        return self._decode(await self._repeat("DELETE", path, data=data, absent=absent), kind)


def _leave(_: Refusal, __: Address) -> None:
    """Leave a refusal what it means to all calls."""
