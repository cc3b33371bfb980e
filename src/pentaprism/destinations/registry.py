"""The kinds of destination there are: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from pentaprism.destinations.base import DestinationType, MirrorOptions
from pentaprism.destinations.local_folder.destination import LOCAL_FOLDER
from pentaprism.errors import InvalidError

DESTINATIONS: Mapping[str, DestinationType] = {
    LOCAL_FOLDER.kind: LOCAL_FOLDER,
}
"""Every kind of destination that people can choose, by its name in the database."""


def by_kind(
    kind: str, destinations: Mapping[str, DestinationType] = DESTINATIONS
) -> DestinationType:
    """Return the kind of destination that is called ``kind`` in the database."""
    try:
        return destinations[kind]
    except KeyError:
        raise InvalidError(
            f"There is no kind of destination called {kind!r}.",
            code="destination",
            hint=f"Known kinds: {', '.join(sorted(destinations))}.",
        ) from None


def parse_spec(
    spec: str, destinations: Mapping[str, DestinationType] = DESTINATIONS
) -> tuple[DestinationType, MirrorOptions]:
    """Return the kind and the options for a form such as ``folder:/photos``.

    Raises `InvalidError` that lists the known forms, or says what is wrong behind the prefix.
    """
    prefix, colon, rest = spec.partition(":")
    for destination in destinations.values():
        if colon and prefix == destination.prefix:
            return destination, _options(destination, spec, rest)
    forms = ", ".join(f"{destination.prefix}:…" for destination in destinations.values())
    raise InvalidError(
        f"{spec!r} is not a destination.",
        code="destination",
        hint=f"Known forms: {forms}; such as folder:/photos/holiday.",
    )


def _options(destination: DestinationType, spec: str, rest: str) -> MirrorOptions:
    try:
        return destination.from_spec(rest)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        wrong = "; ".join(str(detail["msg"]) for detail in details)
    except ValueError as error:
        wrong = str(error)
    raise InvalidError(
        f"The destination {spec!r} is wrong: {wrong}.",
        code="destination",
        hint=f"Write {destination.prefix}:PATH, such as folder:/photos/holiday.",
    )
