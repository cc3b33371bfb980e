"""Shots among which a keeper is chosen, and what their files tell about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

from pentaprism.groups.files import Kind, Precision
from pentaprism.groups.kinds import RAW, split

_ONE_NAME: Mapping[str, str] = MappingProxyType({
    "jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "heif": "heic", "hif": "heic", "tif": "tiff",
})  # fmt: skip

_LOSSLESS = frozenset({"bmp", "png", "psb", "psd", "tiff"})
_FOR_THE_WEB = frozenset({"avif", "gif", "jxl", "webp"})
_DNG_RANK, _HEIC_RANK, _LOSSLESS_RANK, _MADE_HEIC_RANK, _USUAL_RANK, _WEB_RANK = range(1, 7)
_BY_THE_SECOND = frozenset({Precision.SUBSECOND, Precision.SECOND})


@dataclass(frozen=True, slots=True)
class KeeperFile:
    """A file of a shot, as far as it is told.

    ``path`` has slashes and is relative to ``source``, the name of a root or connection. ``size``
    is in bytes, ``width`` and ``height`` are in pixels. ``edited`` marks the edit of a group,
    ``upscaled`` a file that was enlarged from a picture of another shot. ``albums`` counts those of
    Immich that it is in. ``in_immich`` tells that it is an asset, ``in_root`` that it lies in a
    root; it may be both. ``written_at`` (aware) is when the file was made or changed last.
    """

    path: str
    kind: Kind
    size: int | None = None
    width: int | None = None
    height: int | None = None
    sha256: bytes | None = None
    taken_at: datetime | None = None
    precision: Precision = Precision.NONE
    camera: str | None = None
    written_at: datetime | None = None
    source: str = ""
    edited: bool = False
    upscaled: bool = False
    favourite: bool = False
    albums: int = 0
    in_immich: bool = False
    in_root: bool = False

    @property
    def folder(self) -> str:
        """The folder within its source, "" for the top."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The name without its folder."""
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its ending, in small letters."""
        return split(self.name.lower())[0]

    @property
    def format(self) -> str:
        """The ending in small letters, one for each format; "" for none."""
        return plain_format(split(self.name.lower())[1])

    @property
    def format_rank(self) -> int:
        """How far it is from an original, 0 for what a sensor saw.

        A HEIC that tells its camera comes from there. Where a picture is in a lossless format too,
        that one is what the others were made from, or at least has no less in it.
        """
        form = self.format
        if form == "dng":
            return _DNG_RANK
        if form in RAW:
            return 0
        if form == "heic":
            return _HEIC_RANK if self.camera else _MADE_HEIC_RANK
        if form in _LOSSLESS:
            return _LOSSLESS_RANK
        return _WEB_RANK if form in _FOR_THE_WEB else _USUAL_RANK

    @property
    def pixels(self) -> int | None:
        """How many pixels it has, where both sides are known."""
        return self.width * self.height if self.width and self.height else None


def plain_format(ending: str) -> str:
    """Return the one name of a format that has several endings."""
    return _ONE_NAME.get(ending, ending)


@dataclass(frozen=True)
class KeeperShot:
    """A shot: all its files, sidecars too, never none; ``key`` tells it from the others."""

    key: int
    files: tuple[KeeperFile, ...]

    @cached_property
    def pictures(self) -> tuple[KeeperFile, ...]:
        """Its stills; of a video the video, and of anything else all files."""
        stills = tuple(file for file in self.files if file.kind in {Kind.IMAGE, Kind.RAW})
        videos = tuple(file for file in self.files if file.kind is Kind.VIDEO)
        return stills or videos or self.files

    @cached_property
    def genuine(self) -> tuple[KeeperFile, ...]:
        """Its pictures that are neither enlarged nor edits, as far as there are such."""
        true = tuple(file for file in self.pictures if not file.upscaled)
        return tuple(file for file in true if not file.edited) or true or self.pictures

    @cached_property
    def main(self) -> KeeperFile:
        """The picture that stands for it: the RAW file, or else the largest."""
        return min(
            self.genuine,
            key=lambda file: (file.kind is not Kind.RAW, -(file.pixels or 0), file.path),
        )

    @cached_property
    def largest(self) -> KeeperFile | None:
        """The picture with the most pixels, of those that were not enlarged and tell their size."""
        sized = [file for file in self.genuine if file.pixels and not file.upscaled]
        return min(sized, key=lambda file: (-(file.pixels or 0), file.path), default=None)

    @cached_property
    def camera(self) -> str | None:
        """The camera that one of its files tells."""
        return min((file.camera for file in self.files if file.camera), default=None)

    @cached_property
    def precision(self) -> Precision:
        """How well its best file tells when it was taken; below the second makes no difference."""
        told = {file.precision for file in self.files if file.taken_at is not None}
        if told & _BY_THE_SECOND:
            return Precision.SECOND
        if Precision.MINUTE in told:
            return Precision.MINUTE
        return Precision.DAY if Precision.DAY in told else Precision.NONE

    @cached_property
    def written_at(self) -> datetime | None:
        """When its first file was written, as far as it is known."""
        return min((file.written_at for file in self.pictures if file.written_at), default=None)

    @cached_property
    def digests(self) -> frozenset[bytes]:
        """The SHA-256 digests of its files; none where one is unknown."""
        known = frozenset(file.sha256 for file in self.files if file.sha256 is not None)
        return known if all(file.sha256 is not None for file in self.files) else frozenset()

    @cached_property
    def albums(self) -> int:
        """In how many albums the file is that is in most of them."""
        return max((file.albums for file in self.files), default=0)
