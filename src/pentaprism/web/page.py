"""What the handler of a page works with: who looks, the running server, and ways to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from babel import Locale
from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pentaprism.edge import SESSION_COOKIE, CurrentVisitor
from pentaprism.edge.running import CurrentProgram
from pentaprism.edge.sides import is_htmx
from pentaprism.program import Program
from pentaprism.store import Person
from pentaprism.web import toasts
from pentaprism.web.formats import Formats
from pentaprism.web.rendering import Pages, Toast, View

_LOCALE = Locale("en", "GB")


@dataclass(frozen=True, slots=True)
class Page:
    """One request for a page, and the ways to answer it. Handlers get it as `CurrentPage`."""

    request: Request
    program: Program
    pages: Pages
    view: View

    @property
    def person(self) -> Person:
        """Who looks at the page; the route must allow nobody else."""
        person = self.request.state.visitor.person
        if not isinstance(person, Person):
            raise TypeError("a route that allows strangers asks for a person")
        return person

    def html(
        self, template: str, place: str = "", /, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """Answer with a whole page; ``place`` is its entry in the navigation."""
        told = toasts.left(self.request)
        view = replace(self.view, place=place, toasts=told)
        response = HTMLResponse(
            self.pages.render(template, view=view, **context), status_code=status
        )
        if told:
            response.delete_cookie(toasts.COOKIE, path=self.pages.base_path or "/")
        self._keep_session(response)
        return response

    def _keep_session(self, response: Response) -> None:
        """Have the browser keep its session as long from now on as the server does."""
        token = self.request.cookies.get(SESSION_COOKIE)
        if token and self.view.person is not None:
            site = self.request.app.state.entrance.site
            lasts = self.program.sessions.lasts
            site.set_cookie(response, self.request, SESSION_COOKIE, token, max_age=lasts)

    def part(
        self, template: str, part: str, /, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """Answer htmx with one block or macro of a template."""
        return HTMLResponse(self.fragment(template, part, **context), status_code=status)

    def fragment(self, template: str, part: str, /, **context: Any) -> str:
        """Return one block or macro of a template."""
        return self.pages.fragment(template, part, view=self.view, **context)

    def go(self, path: str, toast: str = "", *, undo: str = "") -> Response:
        """Lead on to the page at ``path``, where ``toast`` says what was done."""
        target = self.pages.url(path)
        response: Response = (
            Response(status_code=204, headers={"HX-Redirect": target})
            if is_htmx(self.request)
            else RedirectResponse(target, status_code=303)
        )
        if toast:
            toasts.leave(
                response,
                Toast(toast, undo),
                path=self.pages.base_path or "/",
                secure=self.request.scope["scheme"] == "https",
            )
        return response


def view_of(program: Program, person: Person | None) -> View:
    """Return what every page needs that ``person`` looks at."""
    preferences = person.preferences if person else {}
    theme = preferences.get("theme")
    return View(
        person=person,
        theme=theme if theme in {"light", "dark"} else None,
        keys=preferences.get("keys", True) is not False,
        formats=Formats(locale=_LOCALE, tz=program.zone, clock_now=program.app.clock),
    )


def _page(request: Request, program: CurrentProgram, visitor: CurrentVisitor) -> Page:
    return Page(request, program, request.app.state.pages, view_of(program, visitor.person))


CurrentPage = Annotated[Page, Depends(_page)]
"""The `Page` that is asked for."""
