"""Every route of the application, as a request that somebody could send."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from http_world import Answer, Client, House

from pentaprism.edge import Allow, Side
from pentaprism.edge.routes import Declared, declared
from pentaprism.server import routed

_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}

FORM: Mapping[str, Any] = {
    "name": "Something",
    "do": "save",
    "code": "ABCD-EFGH-JKLM",
    "email": "nobody@example.test",
    "password": "nothing",
    "url": "http://127.0.0.1:9",
    "address": "http://127.0.0.1:9",
    "api_key": "nothing",
    "key": "nothing",
    "kind": "local_folder",
    "removals": "keep",
    "every": "1",
    "minutes": "60",
    "theme": "dark",
    "level": "DEBUG",
    "text": "x",
    "confirm": "yes",
}
"""What a form may hold; each page takes what it knows of it."""


@dataclass(frozen=True)
class Route:
    """A method at a path. ``body`` is a plausible one for REST, None without any."""

    method: str
    template: str
    path: str
    allow: Allow | None
    side: Side | None
    body: object
    query: dict[str, str]
    form: dict[str, Any]

    @property
    def names(self) -> frozenset[str]:
        """The parameters in its path."""
        return frozenset(_PARAMETER.findall(self.template))

    @property
    def unsafe(self) -> bool:
        return self.method in _UNSAFE

    @property
    def stranger_goes(self) -> bool:
        """Whether a stranger is let in."""
        return self.allow is Allow.ANYONE

    def send(self, client: Client, **options: Any) -> Answer:
        """Send it, with a body of its kind unless one is given."""
        if self.unsafe and not {"form", "json_body", "body"} & set(options):
            if self.side is Side.API:
                options["json_body"] = self.body if self.body is not None else {}
            else:
                options["form"] = self.form
        query = f"?{urlencode(self.query)}" if self.query else ""
        return client.ask(self.method, self.path + query, **options)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def routes_of(house: House, ids: Mapping[str, str]) -> list[Route]:
    """Return all routes that were made by `Routes`, with ``ids`` in their parameters."""
    app = routed(house.program)
    document = app.openapi()
    return [
        route
        for one in declared(app)
        if one.allow is not None
        for method in sorted(one.methods)
        for route in _route(document, method, one, ids)
    ]


def others_in(app: FastAPI) -> set[str]:
    """Return the paths of what was not made by `Routes`."""
    return {one.path for one in declared(app) if one.allow is None}


def _route(
    document: dict[str, Any], method: str, one: Declared, ids: Mapping[str, str]
) -> Iterator[Route]:
    template = one.path
    path = _PARAMETER.sub(lambda found: ids[found[1]], template)
    operation = document["paths"].get(template, {}).get(method.lower(), {})
    known = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    body = None if schema is None else _sample(document, schema, ids, "")
    query = {name: ids[name] for name in sorted(known & set(ids))}
    form = {**FORM, **ids}
    form |= {name.removesuffix("_id"): id_ for name, id_ in ids.items()}
    yield Route(method, template, path, one.allow, one.side, body, query, form)


def _sample(
    document: dict[str, Any], schema: dict[str, Any], ids: Mapping[str, str], name: str
) -> Any:
    """Return a value that fits ``schema``, with the ids of somebody where it names them."""
    if "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _sample(document, found, ids, name)
    if name in ids:
        return ids[name]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("oneOf", "anyOf", "allOf"):
        if word in schema:
            return _sample(document, schema[word][0], ids, name)
    return _plain(document, schema, ids, name)


def _plain(
    document: dict[str, Any], schema: dict[str, Any], ids: Mapping[str, str], name: str
) -> Any:
    kind = schema.get("type")
    if kind == "object":
        properties: dict[str, Any] = schema.get("properties", {})
        wanted = set(schema.get("required", ())) | (set(properties) & set(ids))
        return {key: _sample(document, properties[key], ids, key) for key in sorted(wanted)}
    if kind == "array":
        items = schema.get("items", {})
        return [_sample(document, items, ids, name)] if schema.get("minItems") else []
    if kind in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    return _text(schema, name)


def _text(schema: dict[str, Any], name: str) -> str:
    examples = schema.get("examples") or ()
    if schema.get("format") == "date-time":
        return "2099-01-01T00:00:00Z"
    if "url" in name:
        return "http://127.0.0.1:9"
    return str(examples[0]) if examples else str(FORM.get(name, "x" * schema.get("minLength", 4)))
