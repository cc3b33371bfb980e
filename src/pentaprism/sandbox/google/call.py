"""One call of the Library API, as its handler gets it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from pentaprism.sandbox.google.faults import Fault
from pentaprism.sandbox.google.library import Photos
from pentaprism.sandbox.google.state import State


class Dropped(Exception):  # noqa: N818 - not an error to be answered: nobody is there any more
    """The connection broke within the request, or a fault breaks it now."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request with what is known of it: whose photos, and what goes wrong."""

    state: State
    photos: Photos
    request: web.Request
    faults: dict[str, Fault]


@dataclass(frozen=True, slots=True)
class Route:
    """A call: its name for counters and faults, the scopes of which one is needed.

    ``write`` marks those of which Google wants one at a time.
    """

    name: str
    method: str
    path: str
    scopes: frozenset[str]
    handler: Callable[[Call], Awaitable[web.Response]]
    write: bool = False
