"""The routes of the sandbox, a module for each family."""

from pentaprism.sandbox.immich.call import Route
from pentaprism.sandbox.immich.routes import (
    albums,
    assets,
    callers,
    control,
    groups,
    media,
    people,
    search,
    server,
    timeline,
)

API: tuple[Route, ...] = (
    *server.ROUTES,
    *callers.ROUTES,
    *albums.ROUTES,
    *search.ROUTES,
    *assets.ROUTES,
    *media.ROUTES,
    *groups.ROUTES,
    *timeline.ROUTES,
)
"""What Immich answers, under /api."""

CONTROL: tuple[Route, ...] = (*control.ROUTES, *people.ROUTES)
"""What only the sandbox answers, under /sandbox."""
