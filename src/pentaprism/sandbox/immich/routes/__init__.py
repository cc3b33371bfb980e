"""The routes of the sandbox, a module for each family."""

from pentaprism.sandbox.immich.call import Route
from pentaprism.sandbox.immich.routes import (
    albums,
    assets,
    control,
    groups,
    media,
    search,
    server,
    timeline,
)

API: tuple[Route, ...] = (
    *server.ROUTES,
    *albums.ROUTES,
    *search.ROUTES,
    *assets.ROUTES,
    *media.ROUTES,
    *groups.ROUTES,
    *timeline.ROUTES,
)
"""What Immich answers, under /api."""

CONTROL: tuple[Route, ...] = control.ROUTES
"""What only the sandbox answers, under /sandbox."""
