"""Makes assets with bytes of their own, one after another, as a seed decides."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pentaprism.sandbox.immich.content import Content, Marked, Stretched, Template, read
from pentaprism.sandbox.immich.entities import Asset, Camera, Place, Scene
from pentaprism.sandbox.immich.formats import FORMATS, shape
from pentaprism.sandbox.immich.library import Library
from pentaprism.sandbox.immich.marking import MARKER_LENGTH, stretched_head, template

_DISTINCT = 400  # up to so many assets, each shows its own picture
_TEMPLATES = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_TAKEN = datetime(2019, 7, 1, 8, tzinfo=UTC)
_PERIOD = 20  # assets until the mix of formats repeats

_CAMERAS = (
    Camera("Acme", "Testcam 1", "Acme 35mm F2.8", 2.8, 35, 200, "1/250"),
    Camera("Apple", "iPhone 15", "back camera", 1.6, 6.9, 64, "1/120"),
    Camera("Acme", "Acme RAW X", None, 4, 50, 100, "1/60"),
)
_PLACES = (
    Place(48.85, 2.35, "Paris", "Ile-de-France", "France"),
    Place(52.52, 13.405, "Berlin", "State of Berlin", "Germany"),
    Place(-33.8688, 151.2093, "Sydney", "New South Wales", "Australia"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a library is made of.

    ``size`` pads every file to that many bytes. ``jpeg_only`` leaves the other formats and the
    live photos out. ``big_video`` adds a video of so many bytes to the main album, ``shots`` an
    album of files that belong together, ``duplicates`` so many photos with a copy of each.
    """

    assets: int
    seed: int
    hostile: bool = True
    size: int | None = None
    jpeg_only: bool = False
    big_video: int | None = None
    shots: bool = False
    duplicates: int = 0


class Maker:
    """Makes assets one after another; the seed decides everything."""

    def __init__(self, library: Library, wanted: Wanted) -> None:
        self.library = library
        self.wanted = wanted
        self.made = 0
        self._rng = random.Random(f"{wanted.seed}/population")
        self._filler = self._rng.randbytes(64 * 1024)
        self._templates: dict[tuple[str, int], Template] = {}
        distinct = wanted.size is None and wanted.assets <= _DISTINCT
        self._pictures = 2 * _DISTINCT if distinct else _TEMPLATES

    def plain(self, count: int) -> Iterator[Asset]:
        """Yield ``count`` assets with ordinary names in a mix of formats."""
        for n in range(count):
            place, stem = n % _PERIOD, f"IMG_{n + 1:05}"
            if self.wanted.jpeg_only:
                yield self.still("jpeg", f"{stem}.jpg")
            elif place == 3:
                yield self.live_photo(stem)
            elif place == 7:
                yield self.still("png", f"Screenshot_{n + 1:05}.png")
            elif place == 11:
                yield self.still("dng", f"IMG_{n:05}.DNG")
            elif place == 17:
                yield self._video("mp4", f"VID_{n + 1:05}.mp4")
            else:
                yield self.still("jpeg", f"{stem}.jpg")

    def still(self, kind: str, name: str, owner_id: str | None = None) -> Asset:
        """Add a photo of ``kind``."""
        asset = self._asset(kind, name, owner_id)
        n = self.made
        asset.camera = _CAMERAS[2 if kind == "dng" else n % 2]
        asset.place = _PLACES[n // 3 % len(_PLACES)] if n % 3 == 0 else None
        asset.description = f"A made-up day, part {n}" if n % 9 == 2 else ""
        asset.rating = n % 5 + 1 if n % 8 == 5 else None
        if n % 50 == 6:
            self.library.tag(asset.id, "trips/berlin", "family")
        return asset

    def live_photo(self, stem: str) -> Asset:
        """Add a photo and, hidden, its video; return the photo."""
        still = self.still("heic", f"{stem}.HEIC")
        video = self._video("mov", f"{stem}.MOV")
        video.visibility, video.taken = "hidden", still.taken
        still.live_video_id = video.id
        return still

    def _video(self, kind: str, name: str) -> Asset:
        return self._asset(kind, name)

    def big_video(self, size: int) -> Asset:
        """Add a video of ``size`` bytes that is made while it is sent."""
        asset = self._video("mp4", "VID_big.mp4")
        head = stretched_head(read(asset.content), size)
        asset.content = Stretched(head, self._filler, size)
        return asset

    def put_into_external_library(self, asset: Asset) -> None:
        """Make the asset one of a folder that Immich only reads; its checksum is of the path."""
        asset.library_id = self.library.new_id()
        asset.path = f"/external/photos/{asset.filename}"
        self.library.touch(asset.id)

    def make_old(self, asset: Asset) -> None:
        """Move the asset before 1970."""
        self.library.describe(asset.id, taken=milliseconds(datetime(1965, 3, 4, 5, tzinfo=UTC)))

    def content(self, kind: str) -> Content:
        """Return new bytes of ``kind`` that no other asset has."""
        self.made += 1
        number = self.made % self._pictures
        made = self._templates.get((kind, number))
        if made is None:
            made = self._templates[kind, number] = self._template(kind, number)
        return Marked(made, f"{self.wanted.seed:x}-{self.made}".encode().ljust(MARKER_LENGTH)[:24])

    def _template(self, kind: str, number: int) -> Template:
        # Pillow and PyAV load here, not with the program
        from pentaprism.sandbox.immich.pictures import photo  # noqa: PLC0415 (loads late)

        taken = (_FIRST_TAKEN + timedelta(minutes=number)).replace(tzinfo=None)
        place = _PLACES[number % len(_PLACES)]
        where = (place.latitude, place.longitude) if number % 3 == 0 else None
        data = photo(kind, self.wanted.seed, number, taken, where)
        return template(kind, data, self.wanted.size, self._filler)

    def _asset(self, kind: str, name: str, owner_id: str | None = None) -> Asset:
        content, library = self.content(kind), self.library
        scene = Scene(self.wanted.seed, kind, self.made % self._pictures)
        width, height = shape(kind, scene.number)
        owner, id_ = owner_id or library.owner.id, library.new_id()
        taken = milliseconds(_FIRST_TAKEN + timedelta(minutes=self.made)) + self.made % 4 * 250
        now, form = library.clock(), FORMATS[kind]
        suffix = name.rpartition(".")[2]
        path = f"/data/upload/{owner}/{id_[:2]}/{id_[2:4]}/{id_}.{suffix}"
        return library.add_asset(
            Asset(
                id=id_,
                owner_id=owner,
                filename=name,
                kind=kind,
                mime_type=form.mime,
                content=content,
                path=path,
                taken=taken,
                created=now,
                updated=now,
                modified=taken,
                offset=120 if self.made % 3 == 0 else 0,
                width=width,
                height=height,
                duration=form.duration,
                scene=scene,
            )
        )  # fmt: skip


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds from 1970 to an aware time."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
