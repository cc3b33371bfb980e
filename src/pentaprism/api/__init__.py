"""REST: what scripts and other programs may ask for, a file for each resource."""

from pentaprism.api import (
    accounts,
    config,
    connections,
    destinations,
    events,
    google,
    groups,
    health,
    immich,
    items,
    mirrors,
    notifications,
    plans,
    roots,
    runs,
    stacks,
    sync,
    system,
    tokens,
)
from pentaprism.edge import Routes

ROUTES: tuple[Routes, ...] = (
    config.routes,
    sync.routes,
    immich.routes,
    connections.routes,
    accounts.routes,
    google.routes,
    mirrors.routes,
    plans.routes,
    items.routes,
    destinations.routes,
    roots.routes,
    groups.routes,
    stacks.routes,
    runs.routes,
    events.routes,
    tokens.routes,
    notifications.routes,
    system.routes,
    health.routes,
)
"""The routes of the API; `server` puts them into the application."""

__all__ = ["ROUTES"]
