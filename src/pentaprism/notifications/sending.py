"""Sends a message to several services at once; one that fails does not keep it from the others."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apprise import NotifyBase, NotifyFormat, NotifyType

from pentaprism.errors import InvalidError
from pentaprism.notifications.addresses import describe, instantiate
from pentaprism.notifications.hearing import hearing
from pentaprism.notifications.messages import Message

_log = logging.getLogger(__name__)

_STATUS = re.compile(r"\berror=(\d{3})\b")
_UNREACHED = re.compile(r"connection error|socket error|failed to connect", re.IGNORECASE)
_MEANINGS = {
    "401": "it does not accept the user, password or token",
    "403": "it does not accept the user, password or token",
    "404": "it does not know the address",
    "413": "the message is too long for it",
    "429": "it gets too many messages",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A service that did not take the message: how it may be shown, and why, in a sentence."""

    service: str
    reason: str


async def send(urls: Sequence[str], message: Message, *, timeout: float = 20) -> list[Failure]:  # noqa: ASYNC109 - each service has this long, and a thread cannot be cancelled
    """Send ``message`` to each of ``urls``, and return those that failed, in their order.

    Each service has ``timeout`` seconds. A failing service is logged and never raised, and there is
    no secret in what is returned.
    """
    tried = await asyncio.gather(*(_send_to(url, message, timeout) for url in urls))
    failures = [failure for failure in tried if failure is not None]
    for failure in failures:
        _log.warning("A message did not get through to %s: %s", failure.service, failure.reason)
    return failures


async def _send_to(url: str, message: Message, seconds: float) -> Failure | None:
    try:
        service = instantiate(url)
    except InvalidError as error:
        return Failure(describe(url), error.message)
    # A service may be told to be patient in its address; ours is the last word.
    service.socket_read_timeout = min(service.socket_read_timeout, seconds)
    service.socket_connect_timeout = min(service.socket_connect_timeout, seconds)
    try:
        async with asyncio.timeout(seconds):
            reason = await _in_thread(lambda: _deliver(service, message))
    except TimeoutError:
        reason = f"No answer came within {seconds:g} seconds."
    return Failure(describe(url), reason) if reason else None


def _deliver(service: NotifyBase, message: Message) -> str:
    """Return why ``service`` did not take ``message``; empty if it did."""
    with hearing() as lines:
        try:
            taken = service.notify(
                body=message.body,
                title=message.title,
                notify_type=NotifyType.INFO,
                body_format=NotifyFormat.TEXT,
            )
        except Exception as error:  # noqa: BLE001 - whatever a service raises, the others go on
            return f"It failed in an unexpected way ({type(error).__name__})."
    return "" if taken else _reason(lines)


def _reason(lines: Sequence[str]) -> str:
    """Return why it failed, by what Apprise said, of which nothing but a status is repeated."""
    said = " ".join(lines)
    if status := _STATUS.search(said):
        meaning = _MEANINGS.get(status[1])
        return f"It answered with status {status[1]}{f': {meaning}' if meaning else ''}."
    if _UNREACHED.search(said):
        return "It could not be reached, or did not answer."
    return "It did not take the message."


async def _in_thread(work: Callable[[], str]) -> str:
    """Return what ``work`` returns, from a thread that nobody waits for when the program ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str] = loop.create_future()

    def settle(result: str) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        result = work()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, name="notification", daemon=True).start()
    return await done
