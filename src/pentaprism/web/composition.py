"""All pages of the program, and what they are served with."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pentaprism.edge import Routes
from pentaprism.web import (
    accounts,
    albums,
    connections,
    dashboard,
    first_steps,
    google,
    group_decisions,
    groups,
    items,
    library,
    mirror,
    mirror_form,
    mirrors,
    preview,
    root_form,
    runs,
    set_up,
    settings,
    sign_in,
    stacks,
    system,
    thumbnails,
)
from pentaprism.web.page import view_of
from pentaprism.web.rendering import Pages

ROUTES: tuple[Routes, ...] = (
    accounts.routes,
    albums.routes,
    connections.routes,
    dashboard.routes,
    first_steps.routes,
    google.routes,
    group_decisions.routes,
    groups.routes,
    items.routes,
    library.routes,
    mirror_form.routes,
    mirrors.routes,
    mirror.routes,  # after those two: new and live are no ids of mirrors
    preview.routes,
    root_form.routes,
    runs.routes,
    set_up.routes,
    settings.routes,
    sign_in.routes,
    stacks.routes,
    system.routes,
    thumbnails.routes,
)
"""The routes of all pages."""


def mount_static(app: FastAPI, pages: Pages) -> None:
    """Serve what the browser loads beside the pages; it is open to everybody."""
    app.mount(pages.assets.prefix, pages.assets, name="static")


def render_error(request: Request, status: int, title: str, detail: str, hint: str) -> HTMLResponse:
    """Return the page that tells of what went wrong."""
    state = request.app.state
    visitor = getattr(request.state, "visitor", None)
    view = view_of(state.program, visitor.person if visitor else None)
    page = state.pages.render(
        "error.html", view=view, status=status, title=title, message=detail, hint=hint
    )
    return HTMLResponse(page, status_code=status)
