"""Requests that are under way, by the asset that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from pentaprism.gateway.cache.asking import Asked
from pentaprism.gateway.cache.policy import Wish
from pentaprism.gateway.cache.shared import Look


@dataclass(slots=True, eq=False)
class Flight:
    """A request for which something has to be asked; ``spoiled`` if its asset changed meanwhile."""

    scope: Scope
    receive: Receive
    send: Send
    asked: Asked
    look: Look | None = None
    spoiled: bool = field(default=False)

    @property
    def key(self) -> bytes:
        """What the reply is kept under."""
        return self.asked.key

    @property
    def subject(self) -> bytes:
        """The asset that it is about."""
        return self.asked.subject

    @property
    def wish(self) -> Wish:
        """How it wants to be answered."""
        return self.asked.wish


class Flights:
    """All that are under way."""

    def __init__(self) -> None:
        self._of_subject: dict[bytes, set[Flight]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(map(len, self._of_subject.values()))

    @contextmanager
    def under_way(self, flight: Flight) -> Iterator[None]:
        """Know of ``flight`` while the context lasts."""
        flights = self._of_subject.setdefault(flight.subject, set())
        flights.add(flight)
        try:
            yield
        finally:
            flights.discard(flight)
            if not flights:
                self._of_subject.pop(flight.subject, None)

    def spoil(self, subjects: Iterable[bytes] | None = None) -> None:
        """Mark those about ``subjects``, or all: what they bring is not to be kept."""
        chosen = self._of_subject if subjects is None else subjects
        for subject in chosen:
            for flight in self._of_subject.get(subject, ()):
                flight.spoiled = True
