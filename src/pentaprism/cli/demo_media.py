"""A media folder for the demo: made-up photos, among them several files of one shot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

_BEGIN = datetime(2026, 5, 2, 9, 30)  # noqa: DTZ001 - wall-clock time
_DAYS = ("2026/05-02 Coast", "2026/05-03 Harbour")
_SEED = 7
_A_DAY = 40
_KINDS = {".jpg": "jpeg", ".dng": "dng", ".heic": "heic", ".mov": "mov", ".mp4": "mp4"}


def make_media(folder: Path) -> None:
    """Fill ``folder``, which is made, with RAW and JPEG pairs, a live photo, edits and a burst."""
    from pentaprism.sandbox.immich.pictures import photo

    for number, (path, taken) in enumerate(_files()):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        kind = _KINDS[file.suffix.casefold()]
        file.write_bytes(photo(kind, _SEED, number, taken))
        # As old as they say, or the first scan would wait until they are surely written whole.
        os.utime(file, (taken.timestamp(), taken.timestamp()))


def _files() -> Iterator[tuple[str, datetime]]:
    """Yield the path of each file, and when it was taken."""
    for day, folder in enumerate(_DAYS):
        taken = _BEGIN + timedelta(days=day)
        for names in _shots(_A_DAY * day, taken):
            taken += timedelta(minutes=7)
            for name in names:
                yield f"{folder}/{name}", taken


def _shots(before: int, day: datetime) -> Iterator[tuple[str, ...]]:
    """Yield the names of the files of each shot of a day, numbered from the one after ``before``.

    The frames of the burst count as one.
    """
    for n in range(before + 1, before + 4):
        yield f"DSC_{n:04}.JPG", f"DSC_{n:04}.DNG"
    yield f"IMG_{before + 4:04}.HEIC", f"IMG_{before + 4:04}.MOV"
    yield f"IMG_{before + 5:04}.jpg", f"IMG_{before + 5:04}-edited.jpg"
    yield tuple(f"DSC_{before + 6:04}{ending}" for ending in (".JPG", ".DNG", "-final.jpg"))
    yield tuple(
        f"{frame:05}IMG_{frame:05}_BURST{day:%Y%m%d%H%M%S}000{'_COVER' * (frame == 1)}.jpg"
        for frame in range(4)
    )
    yield from ((f"IMG_{n:04}.jpg",) for n in range(before + 7, before + 12))
    yield (f"VID_{before + 12:04}.mp4",)
