"""What the kernel tells of changes below a folder, by watchfiles, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from types import TracebackType
from typing import Self

from watchfiles import watch

# It has a line for each burst of changes; what comes of them has its own.
logging.getLogger("watchfiles").setLevel(logging.WARNING)

_TOGETHER_MS, _STEP_MS, _TICK_MS = 5000, 50, 500
"""Changes come together until there is none for one step, or for so long.

watchfiles copies what has come and then clears it, and loses what comes in between: so it is asked
seldom while much happens. It looks whether it shall stop at each step.
"""


class FellBehindError(Exception):
    """Changes were missed, or could not be told: whoever listens begins again."""


class Events:
    """Changes below the folder at ``top``, from the moment that `__aenter__` returns.

    Entering raises `OSError` where the system does not tell them, as when it has no watches left.
    """

    def __init__(self, top: str) -> None:
        self._top = os.path.join(top, "")
        self._begun = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="watch", daemon=True)
        self._changes: asyncio.Queue[frozenset[str] | BaseException] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        try:
            first = await self._changes.get()
        except BaseException:
            self._stop.set()
            raise
        if isinstance(first, BaseException):
            raise first
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End listening; the thread is gone soon after."""
        self._stop.set()

    async def next(self) -> frozenset[str]:
        """Return the paths, below the folder, that have changed since it was asked last.

        Raises `FellBehindError`.
        """
        found = await self._changes.get()
        if isinstance(found, BaseException):
            raise FellBehindError(str(found)) from found
        return found

    def _listen(self) -> None:
        try:
            # Its first tick tells that from now on changes are noticed.
            for changes in watch(
                self._top,
                watch_filter=None,
                debounce=_TOGETHER_MS,
                step=_STEP_MS,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                stop_event=self._stop,
                raise_interrupt=False,
                # With it, any error is passed over, that no watches are left as well.
                ignore_permission_denied=False,
                force_polling=False,
            ):
                paths = frozenset(self._below(path) for _, path in changes)
                if paths or not self._begun:
                    self._begun = True
                    self._put(paths)
            if not self._stop.is_set():
                self._put(FellBehindError("Listening has ended."))
        except Exception as error:  # noqa: BLE001 - goes to whoever listens
            self._put(error)

    def _below(self, path: str) -> str:
        return path.removeprefix(self._top).removeprefix(self._top.rstrip("/"))

    def _put(self, found: frozenset[str] | BaseException) -> None:
        try:
            self._loop.call_soon_threadsafe(self._changes.put_nowait, found)
        except RuntimeError:
            self._stop.set()  # the loop is closed: nobody listens any more
