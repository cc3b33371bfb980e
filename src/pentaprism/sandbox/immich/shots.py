"""Files of one shot, as cameras, telephones and people make them: something to group."""

from __future__ import annotations

from datetime import UTC, datetime

from pentaprism.sandbox.immich.entities import Asset
from pentaprism.sandbox.immich.library import Library
from pentaprism.sandbox.immich.making import Maker, milliseconds

ALBUM = "Shots"

_BEGIN = milliseconds(datetime(2024, 1, 10, 12, 13, 14, tzinfo=UTC))
_MINUTE = 60_000


def add_shots(library: Library, maker: Maker) -> None:
    """Add the album with a RAW and its JPEG, a live photo, an edit, and two bursts."""
    shots = _Shots(library, maker)
    shots.take(0, ("jpeg", "DSC_0101.JPG"), ("dng", "DSC_0101.DNG"))
    shots.keep(maker.live_photo("IMG_0201"), 1 * _MINUTE)
    shots.take(2 * _MINUTE, ("jpeg", "IMG_0301.JPG"), ("jpeg", "IMG_0301-edited.jpg"))
    for frame in range(3):
        cover = "_COVER" if frame == 1 else ""
        name = f"{frame:05}IMG_{frame:05}_BURST20240110121614000{cover}.jpg"
        shots.take(3 * _MINUTE + 120 * frame, ("jpeg", name))
    for frame in range(3):
        stem = f"DSC_{201 + frame:04}"
        at = 4 * _MINUTE + 210 * frame
        shots.take(at, ("jpeg", f"{stem}.JPG"), ("dng", f"{stem}.DNG"))
    library.add_album(ALBUM, shots.ids)


class _Shots:
    """Makes assets that were taken at the same time."""

    def __init__(self, library: Library, maker: Maker) -> None:
        self._library = library
        self._maker = maker
        self.ids: list[str] = []

    def take(self, after: int, *files: tuple[str, str]) -> None:
        """Add ``files``, each a kind and a name, taken ``after`` so many milliseconds."""
        made = [self._maker.still(kind, name) for kind, name in files]
        for asset in made:
            asset.camera = made[-1].camera
            self.keep(asset, after)

    def keep(self, asset: Asset, after: int) -> None:
        """Put an asset, and the video that belongs to it, at its time."""
        self.ids.append(asset.id)
        video = self._library.assets.get(asset.live_video_id or "")
        for half in (asset, video):
            if half is not None:
                half.taken, half.offset = _BEGIN + after + 250, 60
                self._library.touch(half.id)
