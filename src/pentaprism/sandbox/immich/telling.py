"""What the library tells whoever listens, as Immich's server tells its apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

type Listener = Callable[[str, str, tuple[Any, ...]], None]
"""Takes an event's name, the id of the user or session it is for, and what it carries."""


class Telling:
    """Keeps those who listen; they are called wherever the change is made, in its thread."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell ``listener`` from now on; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, event: str, room: str, *data: Any) -> None:
        """Tell that something happened."""
        for listener in list(self._listeners):
            listener(event, room, data)

    def tell_each(self, event: str, rooms: Iterable[str], *data: Any) -> None:
        """Tell several users the same."""
        for room in rooms:
            self.tell(event, room, *data)
