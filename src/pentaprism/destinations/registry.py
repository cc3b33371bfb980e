"""The kinds of destination there are: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from pentaprism.destinations.base import DestinationType
from pentaprism.destinations.choices import MirrorOptions
from pentaprism.destinations.google_photos.destination import GOOGLE_PHOTOS
from pentaprism.destinations.local_folder.destination import LOCAL_FOLDER
from pentaprism.errors import InvalidError

DESTINATIONS: Mapping[str, DestinationType] = {
    LOCAL_FOLDER.kind: LOCAL_FOLDER,
    GOOGLE_PHOTOS.kind: GOOGLE_PHOTOS,
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
    """Return the kind and the options for a form such as ``folder:/photos`` or ``google-photos``.

    Raises `InvalidError` that lists the known forms, or says what is wrong behind the prefix.
    """
    prefix, colon, rest = spec.partition(":")
    for destination in destinations.values():
        if prefix == destination.prefix and (colon or destination.in_account):
            return destination, _options(destination, spec, rest)
    forms = ", ".join(_form(destination) for destination in destinations.values())
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
        hint=f"Write {_form(destination)}, such as folder:/photos/holiday.",
    )


def _form(destination: DestinationType) -> str:
    if destination.in_account:
        return f"{destination.prefix} or {destination.prefix}:ACCOUNT"
    return f"{destination.prefix}:PATH"
