"""Planted sets: photos, copies of them by kind, and pictures that must not be taken for copies."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from media_samples import SHARED
from painted import FLATS, NEIGHBOURS, flat_frame, neighbour, photo_like, watermarked
from PIL import Image, ImageEnhance, ImageOps
from pillow_heif import from_pillow, register_heif_opener

__all__ = [
    "COPIES",
    "Copy",
    "Kind",
    "Planted",
    "photo_like",
    "plant",
    "real_photos",
    "small_photos",
]

register_heif_opener()


class Kind(StrEnum):
    """How a copy came about; the last four are no copies."""

    Q20 = "recompressed q20"
    Q60 = "recompressed q60"
    HALVED = "half size"
    ENLARGED = "enlarged"
    BRIGHTENED = "brightened 20 %"
    CROPPED = "cropped 2 %"
    WATERMARKED = "watermarked"
    ROTATED = "rotated, mirrored"
    STRIPPED = "EXIF stripped"
    REFORMATTED = "other format"
    FLAT = "flat frames"
    BURST = "burst neighbours"
    RECOLOURED = "black-and-white, toned"
    UNRELATED = "unrelated"


OTHERS = frozenset({Kind.FLAT, Kind.BURST, Kind.RECOLOURED, Kind.UNRELATED})
"""The kinds that are no copies."""

COPIES = tuple(kind for kind in Kind if kind not in OTHERS)
"""The kinds that are to be found."""

LOSSLESS = frozenset({Kind.STRIPPED})
"""The kinds whose every copy has the very pixels of its original."""

ROTATIONS = (
    Image.Transpose.ROTATE_90,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
    Image.Transpose.FLIP_TOP_BOTTOM,
)
TONES = {"sepia": ("#1c0f05", "#f2dcb8"), "cyanotype": ("#04122e", "#dcebf5")}
FORMATS = ("PNG", "WEBP", "HEIF", "AVIF")


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that was made of another; ``detail`` tells which of the ways of its kind."""

    kind: Kind
    original: Path
    copy: Path
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Planted:
    """A set on disk: all its files, its originals, and what was made of them.

    ``copies`` are to be found, ``neighbours`` are other moments of the same scene and the scene in
    other colours, ``flat`` are frames with nothing to see, many of which look alike.
    """

    files: tuple[Path, ...]
    originals: tuple[Path, ...]
    copies: tuple[Copy, ...]
    neighbours: tuple[Copy, ...]
    flat: tuple[Path, ...]

    def of(self, kind: Kind) -> list[Copy]:
        """Return the copies, or the neighbours, of one kind."""
        return [one for one in (*self.copies, *self.neighbours) if one.kind is kind]

    def pictures(self) -> dict[Path, Path]:
        """Return for each file but neighbours and flat frames the original that it shows."""
        shown = {original: original for original in self.originals}
        return shown | {one.copy: one.original for one in self.copies}


def real_photos() -> list[Image.Image]:
    """Return the shared photos, of 1200 pixels at most, or nothing where they are missing."""
    names = [
        *sorted((SHARED / "nature").glob("*.jpg")),
        SHARED / "formats" / "8bit-sRGB.avif",
        SHARED / "formats" / "IMG_2682.heic",
        SHARED / "formats" / "denali.webp",
    ]
    return [_opened(path, 1200) for path in names if path.is_file()]


def small_photos(count: int, largest: int) -> list[Image.Image]:
    """Return the first of the shared photos as `real_photos` does, of ``largest`` pixels at most.

    It takes much less time.
    """
    paths = sorted((SHARED / "nature").glob("*.jpg"))[:count]
    return [_opened(path, largest) for path in paths]


def plant(
    folder: Path,
    *,
    originals: int | Sequence[Image.Image],
    kinds: Collection[Kind] = (*COPIES, Kind.FLAT, Kind.BURST),
    seed: int = 0,
    size: tuple[int, int] = (640, 480),
) -> Planted:
    """Write originals as JPEGs, and for each kind a copy of every one of them, into ``folder``.

    ``originals`` are painted where they are a number. Of flat frames there are as many as
    originals, at least two of each shade; burst neighbours are made in each of their ways in turn.
    The same seed gives the same pictures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = (
        (photo_like(seed * 1_000_003 + n, size) for n in range(originals))
        if isinstance(originals, int)
        else iter(originals)
    )
    written: list[Path] = []
    made: list[Copy] = []
    for number, picture in enumerate(pictures):
        original = folder / f"{number:05d}.jpg"
        original.write_bytes(_jpeg(picture, 92, exif=_exif(number)))
        written.append(original)
        # A copy is made of the file, as people's copies are, not of what came before it.
        made += _copies_of(original, number, kinds, seed)
    flat = list(_flat(folder, len(written), seed)) if Kind.FLAT in kinds else []
    neighbours = [one for one in made if one.kind in OTHERS]
    copies = [one for one in made if one.kind not in OTHERS]
    files = sorted([*written, *flat, *(one.copy for one in made)])
    return Planted(tuple(files), tuple(written), tuple(copies), tuple(neighbours), tuple(flat))


def _copies_of(original: Path, number: int, kinds: Collection[Kind], seed: int) -> Iterator[Copy]:
    picture = _opened(original)
    for kind in kinds:
        if kind in _MAKERS:
            data, ending, detail = _MAKERS[kind](picture, original, number + seed)
            path = original.with_name(f"{original.stem}-{kind.name.lower()}.{ending}")
            path.write_bytes(data)
            yield Copy(kind, original, path, detail)


def _opened(path: Path, largest: int | None = None) -> Image.Image:
    with Image.open(path) as picture:
        if largest:
            picture.thumbnail((largest, largest))
        return picture.convert("RGB")


def _jpeg(picture: Image.Image, quality: int, exif: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **({"exif": exif} if exif else {}))
    return buffer.getvalue()


def _exif(number: int) -> bytes:
    tags = Image.Exif()
    tags[0x010F], tags[0x0110] = "Pentax", "PENTAX K-1"
    tags[0x0132] = f"2021:07:{number % 28 + 1:02d} 12:{number // 28 % 60:02d}:15"
    return tags.tobytes()


def _flat(folder: Path, count: int, seed: int) -> Iterator[Path]:
    for number in range(max(count, 2 * len(FLATS))):
        shade = FLATS[number % len(FLATS)]
        path = folder / f"flat-{shade}-{number:05d}.jpg"
        path.write_bytes(_jpeg(flat_frame(shade, seed + number), (90, 60, 30, 80)[number % 4]))
        yield path


type Made = tuple[bytes, str, str]
type Maker = Callable[[Image.Image, Path, int], Made]


def _again(quality: int) -> Maker:
    return lambda picture, _path, _n: (_jpeg(picture, quality), "jpg", "")


def _resized(share: float, quality: int) -> Maker:
    def make(picture: Image.Image, _path: Path, _n: int) -> Made:
        size = (round(picture.width * share), round(picture.height * share))
        resized = picture.resize(size, Image.Resampling.LANCZOS)
        return _jpeg(resized, quality), "jpg", f"{share:g}"

    return make


def _brightened(picture: Image.Image, _path: Path, _n: int) -> Made:
    return _jpeg(ImageEnhance.Brightness(picture).enhance(1.2), 90), "jpg", ""


def _cropped(picture: Image.Image, _path: Path, _n: int) -> Made:
    width, height = picture.size
    box = (width * 0.02, height * 0.02, width * 0.98, height * 0.98)
    return _jpeg(picture.crop(tuple(round(one) for one in box)), 90), "jpg", ""  # type: ignore[arg-type]


def _marked(picture: Image.Image, _path: Path, _n: int) -> Made:
    return _jpeg(watermarked(picture), 90), "jpg", ""


def _rotated(picture: Image.Image, _path: Path, number: int) -> Made:
    way = ROTATIONS[number % len(ROTATIONS)]
    return _jpeg(picture.transpose(way), 90), "jpg", way.name.lower()


def _stripped(_picture: Image.Image, path: Path, _n: int) -> Made:
    return without_exif(path.read_bytes()), "jpg", ""


def _reformatted(picture: Image.Image, _path: Path, number: int) -> Made:
    form = FORMATS[number % len(FORMATS)]
    buffer = io.BytesIO()
    if form == "HEIF":
        from_pillow(picture).save(buffer, quality=75)
        return buffer.getvalue(), "heic", form
    quick = {"speed": 9} if form == "AVIF" else {}
    picture.save(buffer, form, **({} if form == "PNG" else {"quality": 75, **quick}))
    return buffer.getvalue(), form.lower(), form


def _neighbour(picture: Image.Image, _path: Path, number: int) -> Made:
    how = NEIGHBOURS[number % len(NEIGHBOURS)]
    return _jpeg(neighbour(picture, how, number), 92), "jpg", how


def recoloured(picture: Image.Image, tone: str) -> Image.Image:
    """Return a picture in black and white, ``grey``, or in one of the `TONES` of old prints."""
    grey = picture.convert("L")
    return ImageOps.colorize(grey, *TONES[tone]) if tone in TONES else grey.convert("RGB")


def _recoloured(picture: Image.Image, _path: Path, number: int) -> Made:
    tone = ("grey", *TONES)[number % (len(TONES) + 1)]
    return _jpeg(recoloured(picture, tone), 90), "jpg", tone


def without_exif(jpeg: bytes) -> bytes:
    """Return a JPEG without its APP1 segments, all else as it was."""
    kept = [jpeg[:2]]
    at = 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 1] != 0xE1:
            kept.append(jpeg[at:end])
        at = end
    return b"".join([*kept, jpeg[at:]])


_MAKERS: Mapping[Kind, Maker] = {
    Kind.Q20: _again(20),
    Kind.Q60: _again(60),
    Kind.HALVED: _resized(0.5, 85),
    Kind.ENLARGED: _resized(1.6, 85),
    Kind.BRIGHTENED: _brightened,
    Kind.CROPPED: _cropped,
    Kind.WATERMARKED: _marked,
    Kind.ROTATED: _rotated,
    Kind.STRIPPED: _stripped,
    Kind.REFORMATTED: _reformatted,
    Kind.BURST: _neighbour,
    Kind.RECOLOURED: _recoloured,
}
