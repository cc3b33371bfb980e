"""Pages and parts of pages, rendered from the templates.

What every page needs beside its own values is a `View`. Filters and texts read it while a page is
rendered, wherever they are used, so that macros need not hand it on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup

from pentaprism.web import catalogue
from pentaprism.web.assets import Assets
from pentaprism.web.formats import Formats

TEMPLATES = Path(__file__).with_name("templates")
"""The folder of the templates that ship with the package."""

HTMX_CONFIG = {
    "extensions": "sse",
    "history": "reload",
    "includeIndicatorCSS": False,
    "noSwap": [204, 304, "401", "403", "404", "429", "5xx"],
    "transitions": False,
}
"""How htmx behaves: no code from attributes, and no page of an error within another page.

An answer of status 400, 409 or 422 is swapped in as it is: it holds the form with its errors.
"""

_FILTERS = ("number", "amount", "rate", "percent", "duration", "moment", "day", "clock", "stamp")


class Viewer(Protocol):
    """Who looks at a page."""

    @property
    def name(self) -> str:
        """The person's name at Immich."""

    @property
    def is_admin(self) -> bool:
        """Whether the person looks after the Immich server, and so after Pentaprism."""


@dataclass(frozen=True, slots=True)
class Toast:
    """A short message about what has just been done, perhaps with one way to take it back.

    ``undo`` is the path that a button posts to, below the base path.
    """

    text: str
    undo: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What every page needs: who looks at it, where in the navigation it is, how they read.

    ``place`` is the key of an entry of the navigation, such as ``mirrors``. ``counts`` has a
    number for some of these keys. ``theme`` None follows the system.
    """

    person: Viewer | None = None
    place: str = ""
    theme: Literal["light", "dark"] | None = None
    keys: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    toasts: Sequence[Toast] = ()
    formats: Formats = field(default_factory=Formats)


_view: ContextVar[View] = ContextVar("view", default=View())  # noqa: B039 (frozen)


class Pages:
    """The templates, compiled once, below one base path (empty, or such as ``/pentaprism``).

    ``folders`` are searched for templates before our own.
    """

    def __init__(
        self,
        base_path: str = "",
        *,
        assets: Assets | None = None,
        folders: Sequence[Path] = (),
    ) -> None:
        self.base_path = base_path.rstrip("/")
        self.assets = assets or Assets()
        self._environment = _environment([*folders, TEMPLATES])
        self._environment.globals.update(
            url=self.url,
            asset=self.asset,
            now=_now,
            htmx_config=HTMX_CONFIG,
        )
        # Macros are used everywhere, so they are everywhere, without an import.
        parts: Any = self._environment.get_template("parts.html").module
        self._environment.globals.update(ui=parts, icon=parts.icon)

    def url(self, path: str, /, **query: Any) -> str:
        """Return the address of a page: ``path`` below the base path, and what is set of ``query``.

        An address that is whole already keeps its beginning.
        """
        address = path if "://" in path else f"{self.base_path}{path}"
        asked = {name: value for name, value in query.items() if value is not None and value != ""}
        return f"{address}?{urlencode(asked, doseq=True)}" if asked else address

    def asset(self, name: str) -> str:
        """Return the lasting address of a static file. Raises NotFoundError."""
        return f"{self.base_path}{self.assets.path(name)}"

    def render(self, template: str, /, view: View | None = None, **context: Any) -> str:
        """Return a whole page."""
        made = self._environment.get_template(template)
        return self._within(view, lambda told: made.render(view=told, **context))

    def fragment(
        self, template: str, part: str, /, view: View | None = None, **context: Any
    ) -> str:
        """Return one block or one macro of a template; a macro takes ``context`` by name.

        Raises KeyError when the template has neither.
        """
        made = self._environment.get_template(template)

        def render(told: View) -> str:
            if part in made.blocks:
                inner = made.new_context({"view": told, **context})
                return "".join(made.blocks[part](inner))
            macro = getattr(made.make_module({"view": told}), part, None)
            if macro is None:
                raise KeyError(f"{template} has no block and no macro {part}")
            return str(macro(**context))

        return self._within(view, render)

    def _within(self, view: View | None, render: Callable[[View], str]) -> str:
        told = view or View()
        token = _view.set(told)
        try:
            with catalogue.speaking(str(told.formats.locale)):
                return render(told)
        finally:
            _view.reset(token)


def _now() -> datetime:
    return _view.get().formats.now()


def _environment(folders: Sequence[Path]) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    i18n: Any = environment
    i18n.install_gettext_callables(catalogue.gettext, catalogue.ngettext, newstyle=True)
    for name in _FILTERS:
        environment.filters[name] = _filter(name)
    return environment


def _filter(name: str) -> Callable[..., str | Markup]:
    def shown(value: Any, *args: Any, **options: Any) -> str | Markup:
        made: str | Markup = getattr(_view.get().formats, name)(value, *args, **options)
        return made

    return shown
