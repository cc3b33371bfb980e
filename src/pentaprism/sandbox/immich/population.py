"""The library a sandbox starts with, made from a seed.

The album "Holiday" counts exactly the assets that were asked for. With ``hostile`` up to a third of
them have odd names or states, and it holds a trashed and an offline asset besides, which Immich
does not count.
"""

from __future__ import annotations

from itertools import pairwise

from pentaprism.sandbox.immich.duplicates import add_duplicates
from pentaprism.sandbox.immich.library import READ_ONLY, Library
from pentaprism.sandbox.immich.making import Maker, Wanted
from pentaprism.sandbox.immich.names import HOSTILE
from pentaprism.sandbox.immich.shots import add_shots

MAIN_ALBUM = "Holiday"
OWNER_PASSWORD = "sandbox"  # noqa: S105 (a local server's, printed in its documentation)


def populate(library: Library, wanted: Wanted) -> None:
    """Fill an empty library."""
    library.add_user("Admin Example", "admin@example.test", OWNER_PASSWORD, is_admin=True)
    second = library.add_user("Second Example", "second@example.test", OWNER_PASSWORD)
    library.add_key(name="full key")
    maker = Maker(library, wanted)
    names = _odd_names(wanted)
    plain = [asset.id for asset in maker.plain(wanted.assets - len(names))]
    odd = [maker.still("jpeg", name).id for name in names]
    main = library.add_album(MAIN_ALBUM, plain + odd)
    main.description = "made-up"
    library.add_album("Empty")
    library.add_album("Favourites", plain[: max(1, len(plain) // 4)])
    shared = [maker.still("jpeg", f"shared_{n}.jpg", second.id).id for n in range(3)]
    library.share_album(
        library.add_album("Shared with me", shared, owner_id=second.id).id, library.owner.id
    )
    if wanted.hostile:
        _make_odd(library, maker, plain, odd)
    if wanted.big_video:
        library.add_to_album(main.id, [maker.big_video(wanted.big_video).id])
    # comes last, so that the ids of all the rest stay what they were
    third = library.add_user("Third Example", "third@example.test", OWNER_PASSWORD)
    garden = [maker.still("jpeg", f"garden_{n}.jpg", third.id).id for n in range(4)]
    library.add_album("Garden", garden, owner_id=third.id)
    if wanted.shots:
        add_shots(library, maker)
    if wanted.duplicates:
        add_duplicates(library, maker, wanted.duplicates)


def _odd_names(wanted: Wanted) -> tuple[str, ...]:
    return HOSTILE[: wanted.assets // 3] if wanted.hostile else ()


def _make_odd(library: Library, maker: Maker, plain: list[str], odd: list[str]) -> None:
    """Give a few assets the states that a mirror must cope with."""
    main = library.album_named(MAIN_ALBUM)
    library.add_album("Ambiguous", plain[:1])
    library.add_album("Ambiguous", plain[1:2])
    library.add_album("../Hostile: a/b\\c?", odd)
    gone, trashed = maker.still("jpeg", "offline.jpg"), maker.still("jpeg", "trashed.jpg")
    library.add_to_album(main.id, [gone.id, trashed.id])
    maker.put_into_external_library(gone)
    library.set_offline(gone.id)
    library.trash([trashed.id])
    states = iter(plain[2::3])  # leaves most of a small library plain
    for change in (
        lambda asset: library.set_visibility(asset.id, "archive"),
        maker.put_into_external_library,
        lambda asset: library.set_processed(asset.id, processed=False),
        lambda asset: library.edit(asset.id, maker.content("jpeg")),
        maker.make_old,
    ):
        if (id_ := next(states, None)) is not None:
            change(library.assets[id_])
    _stack_first_pair(library, plain)
    library.add_key(READ_ONLY, name="read only")


def _stack_first_pair(library: Library, plain: list[str]) -> None:
    """Stack the first JPEG and the raw file of the same shot, which come one after the other."""
    for still, raw in pairwise(plain):
        if library.assets[raw].kind == "dng":
            library.add_stack([still, raw])
            return
