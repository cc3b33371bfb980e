"""Where the pages are: the origin and the base path that the browser sees, and cookies there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

SESSION_COOKIE = "pentaprism_session"
SET_UP_COOKIE = "pentaprism_setup"

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Site:
    """Where people open the pages: ``base_url`` (see the setting), None where nobody said."""

    base_url: str | None = None

    @property
    def path(self) -> str:
        """The base path: empty, or with a slash at its beginning and none at its end."""
        return urlsplit(self.base_url or "").path.rstrip("/")

    @property
    def origin(self) -> str | None:
        """Scheme, host and port, None where they are not known."""
        return None if self.base_url is None else make_origin(self.base_url)

    @property
    def https(self) -> bool:
        """Whether people surely come by https."""
        return urlsplit(self.base_url or "").scheme == "https"

    def url(self, path: str) -> str:
        """Return ``path`` below the base path, for links and redirects."""
        return f"{self.path}{path}"

    def address(self, request: HTTPConnection, path: str) -> str:
        """Return the whole address of ``path`` as the browser of ``request`` reaches it."""
        return f"{self.origin or origin_of(request) or ''}{self.url(path)}"

    def set_cookie(
        self,
        response: Response,
        request: HTTPConnection,
        name: str,
        value: str,
        *,
        max_age: timedelta,
    ) -> None:
        """Have the browser keep a cookie that no script and no other site can use."""
        response.set_cookie(
            name,
            value,
            max_age=int(max_age.total_seconds()),
            path=self.path or "/",
            secure=self._secure(request),
            httponly=True,
            samesite="lax",
        )

    def delete_cookie(self, response: Response, request: HTTPConnection, name: str) -> None:
        """Have the browser forget a cookie."""
        response.delete_cookie(
            name,
            path=self.path or "/",
            secure=self._secure(request),
            httponly=True,
            samesite="lax",
        )

    def _secure(self, request: HTTPConnection) -> bool:
        return self.https or request.scope["scheme"] == "https"


class BasePath:
    """ASGI: makes the base path the root path, whether or not a proxy has taken it off."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._base = site.path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a ``path`` that begins with ``root_path``, as ASGI has it."""
        if self._base and scope["type"] in {"http", "websocket"}:
            scope = {**scope, "root_path": self._base}
            if scope["path"] == self._base:
                # The start page is at the slash, which people leave out.
                scope["path"] = f"{self._base}/"
                scope["raw_path"] = scope["path"].encode()
            elif not _is_below(scope["path"], self._base):
                scope["path"] = self._base + scope["path"]
                if raw := scope.get("raw_path"):
                    scope["raw_path"] = self._base.encode("ascii", "ignore") + raw
        await self._app(scope, receive, send)


def _is_below(path: str, base: str) -> bool:
    return path == base or path.startswith(f"{base}/")


def route_path(scope: Scope) -> str:
    """Return the path of a request without the base path."""
    path, base = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(base) :] if base and _is_below(path, base) else path


def local_path(text: str | None) -> str:
    """Return ``text`` when it is a path (with a query) of this site, else the start page's."""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        return "/"
    if not text.startswith("/") or text.startswith("//") or "\\" in text:
        return "/"
    return text


def origin_of(request: HTTPConnection) -> str | None:
    """Return the origin that ``request`` came to, None without a usable Host header."""
    host = request.headers.get("host", "")
    return make_origin(f"{request.scope['scheme']}://{host}") if host else None


def make_origin(address: str) -> str | None:
    """Return scheme, host and port of ``address`` as a browser sends them, None without a host."""
    try:
        url = urlsplit(address)
        host, port = url.hostname, url.port
    except ValueError:
        return None
    if not host or url.scheme not in _PORTS:
        return None
    shown = f"[{host}]" if ":" in host else host
    usual = port is None or port == _PORTS[url.scheme]
    return f"{url.scheme}://{shown}" if usual else f"{url.scheme}://{shown}:{port}"
