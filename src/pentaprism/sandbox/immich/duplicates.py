"""Pictures that are there twice, with albums, tags and hearts on either: something to resolve."""

from __future__ import annotations

from pentaprism.sandbox.immich.content import Content, Whole, read
from pentaprism.sandbox.immich.entities import Album, Asset, Place, Scene
from pentaprism.sandbox.immich.library import Library
from pentaprism.sandbox.immich.making import Maker

ORIGINALS, COPIES, OTHERS = "Originals", "Copies", "Seen by others"

_PLACE = Place(47.3769, 8.5417, "Zurich", "Zurich", "Switzerland")


def names_of(n: int) -> tuple[str, str]:
    """Return what a photo and its copy are called: no names of one shot, as many copies' are."""
    return f"PAIR_{n:04}.jpg", f"IMG-20240115-WA{n:04}.jpg"


def add_duplicates(library: Library, maker: Maker, count: int) -> None:
    """Add ``count`` photos and a copy of each: by turns of the same bytes, and recompressed.

    A copy of the same bytes lies in a folder of an external library, whose checksums Immich makes
    of paths.
    All copies are in the album "Copies", most originals in "Originals"; what people added to a copy
    goes by its number, so that each kind of copy has all of it. Every seventh copy is in an album
    of somebody else besides, which the owner may only look at.
    """
    pairs = [_pair(library, maker, n) for n in range(count)]
    library.add_album(ORIGINALS, [first.id for n, (first, _) in enumerate(pairs) if n % 3])
    library.add_album(COPIES, [copy.id for _, copy in pairs])
    others = _others_album(library)
    library.add_to_album(others.id, [copy.id for _, copy in pairs[::7]])
    for n, (first, copy) in enumerate(pairs):
        _mark(library, first, copy, n // 2)


def _pair(library: Library, maker: Maker, n: int) -> tuple[Asset, Asset]:
    first, copy = (maker.still("jpeg", name) for name in names_of(n))
    for asset in (first, copy):
        asset.description, asset.rating, asset.place, asset.tag_ids = "", None, None, ()
    copy.scene, copy.camera = first.scene, first.camera
    copy.taken, copy.offset = first.taken, first.offset
    copy.width, copy.height = first.width, first.height
    if n % 2 == 0:
        copy.content = Whole(read(first.content))
        maker.put_into_external_library(copy)
        copy.path = f"/external/photos/Sent/{copy.filename}"
    else:
        assert first.scene is not None  # noqa: S101 (a still is drawn)
        copy.content = _recompressed(first.scene, f"{maker.wanted.seed:x}-{n}")
    library.touch(first.id, copy.id)
    return first, copy


def _recompressed(scene: Scene, mark: str) -> Content:
    # Pillow loads here, not with the program
    from pentaprism.sandbox.immich.pictures import recompressed  # noqa: PLC0415 (loads late)

    return Whole(recompressed(scene, mark))


def _others_album(library: Library) -> Album:
    theirs = next(user for user in library.users.values() if user.id != library.owner.id)
    album = library.add_album(OTHERS, owner_id=theirs.id)
    library.share_album(album.id, library.owner.id)
    return album


def _mark(library: Library, first: Asset, copy: Asset, n: int) -> None:
    """Give both what people give: a favourite, words, stars, a place, tags."""
    library.describe(
        copy.id,
        favorite=n % 3 == 0,
        description=f"From the copy {n}" if n % 4 == 1 else None,
        rating=n % 5 + 1 if n % 4 == 2 else None,
        place=_PLACE if n % 4 == 3 else None,
    )
    if n % 5 == 1:
        library.describe(first.id, description="From the original", rating=4)
    if n % 2:
        library.tag(copy.id, "copies/kept", "family")
    if n % 6 == 1:
        library.tag(first.id, "family")
