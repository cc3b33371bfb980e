"""Path templates: where in a mirror's folder a file goes, such as ``{album}/{year}/{filename}``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pentaprism.assets import Asset
from pentaprism.errors import InvalidError
from pentaprism.mirrors.names import safe_name, split_extension

DEFAULT = "{filename}"

_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a template is filled in from."""

    asset: Asset
    album: str


def _camera(subject: _Subject) -> str:
    exif = subject.asset.exif
    make, model = (exif.make or "", exif.model or "") if exif else ("", "")
    camera = model if model.casefold().startswith(make.casefold()) else f"{make} {model}"
    return camera.strip() or "unknown camera"


FIELDS: dict[str, tuple[str, Callable[[_Subject], str]]] = {
    "filename": ("the file's name in Immich, IMG_1234.JPG", lambda s: s.asset.filename),
    "stem": ("the name without its extension", lambda s: split_extension(s.asset.filename)[0]),
    "ext": ("the extension with its dot", lambda s: split_extension(s.asset.filename)[1]),
    "album": ("the album's name when the mirror was made", lambda s: s.album),
    "year": ("the year of capture, 2024", lambda s: f"{s.asset.local_taken_at:%Y}".zfill(4)),
    "month": ("the month of capture, 07", lambda s: f"{s.asset.local_taken_at:%m}"),
    "day": ("the day of capture, 31", lambda s: f"{s.asset.local_taken_at:%d}"),
    "hour": ("the hour of capture, 18", lambda s: f"{s.asset.local_taken_at:%H}"),
    "minute": ("the minute of capture, 05", lambda s: f"{s.asset.local_taken_at:%M}"),
    "second": ("the second of capture, 59", lambda s: f"{s.asset.local_taken_at:%S}"),
    "camera": ("the camera's make and model", _camera),
    "type": ("image or video", lambda s: s.asset.media_type.value.lower()),
    "id": ("the asset's id in Immich", lambda s: s.asset.id),
}
"""Each field with its meaning; times are wall-clock times where the picture was taken."""

_OWN = frozenset({"filename", "stem", "ext", "type", "id"})
"""The fields that tell the files of one shot apart."""


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template; `render` fills it in."""

    text: str
    components: tuple[str, ...]

    @property
    def needs_exif(self) -> bool:
        """Whether the listing must carry camera data for this template."""
        return "{camera}" in self.text

    @property
    def names_by_shot(self) -> bool:
        """Whether names of files hold something that the files of one shot should share."""
        return not _OWN.issuperset(_FIELD.findall(self.components[-1]))

    def render(self, asset: Asset, album: str, first: Asset | None = None) -> PurePosixPath:
        """Return the path for ``asset``: relative, each component safe on every system.

        With ``first``, the file of the same shot that was placed first, it is one beside that:
        the folder is that file's, and of its own are only the fields that tell files apart.
        """
        own = _Subject(asset, album)
        shared = own if first is None else _Subject(first, album)
        folder = (_fill(part, lambda _: shared) for part in self.components[:-1])
        name = _fill(self.components[-1], lambda field: own if field in _OWN else shared)
        return PurePosixPath(*map(safe_name, folder), safe_name(name))


def parse_template(text: str) -> Template:
    """Check ``text`` and return it as a template, or raise `InvalidError` saying what is wrong."""
    components = tuple(text.split("/"))
    last = components[-1]
    if text.startswith("/") or "\\" in text or any(not p.strip(" .") for p in components):
        raise _invalid(text, "it must be a relative path with no empty, . or .. part")
    for name in _FIELD.findall(text):
        if name not in FIELDS:
            raise _invalid(text, f"{{{name}}} is not a field")
    if set("{}") & set(_FIELD.sub("", text)):
        raise _invalid(text, "a brace is not closed")
    if "{filename}" not in last and not ("{ext}" in last and ("{stem}" in last or "{id}" in last)):
        raise _invalid(text, "its last part must hold {filename}, or {stem} or {id} with {ext}")
    return Template(text, components)


def _fill(part: str, subject: Callable[[str], _Subject]) -> str:
    """Fill in each field of ``part`` from the ``subject`` that there is for it."""
    return _FIELD.sub(lambda match: FIELDS[match[1]][1](subject(match[1])), part)


def _invalid(text: str, why: str) -> InvalidError:
    return InvalidError(
        f"The path template “{text}” cannot be used: {why}.",
        code="template",
        hint="Fields: " + ", ".join(f"{{{name}}}" for name in FIELDS) + ".",
    )
