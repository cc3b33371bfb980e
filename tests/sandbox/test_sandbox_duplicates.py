"""A library with pictures that are there twice."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageChops, ImageStat
from sandbox_calls import caller

from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import read
from pentaprism.sandbox.immich.duplicates import COPIES, ORIGINALS, OTHERS, names_of
from pentaprism.sandbox.immich.entities import Asset

PAIRS = 24


def pairs(sandbox: Sandbox) -> list[tuple[Asset, Asset]]:
    named = {asset.filename: asset for asset in sandbox.library.assets.values()}
    return [(named[first], named[copy]) for first, copy in map(names_of, range(PAIRS))]


def test_copies_are_of_the_same_bytes_or_recompressed() -> None:
    sandbox = Sandbox(assets=3, hostile=False, duplicates=PAIRS)
    plain = Sandbox(assets=3, hostile=False)
    assert set(plain.library.assets) < set(sandbox.library.assets)
    for n, (first, copy) in enumerate(pairs(sandbox)):
        same = first.content.sha1 == copy.content.sha1
        assert same == (n % 2 == 0)
        assert first.checksum != copy.checksum
        assert (copy.library_id is not None) == same
        assert first.taken == copy.taken
    contents = {asset.content.sha1 for asset in sandbox.library.assets.values()}
    assert len(contents) == len(sandbox.library.assets) - PAIRS // 2


def test_people_have_marked_them() -> None:
    sandbox = Sandbox(assets=3, hostile=False, duplicates=PAIRS)
    library = sandbox.library
    albums = {name: library.album_named(name).assets for name in (ORIGINALS, COPIES, OTHERS)}
    for start in (0, 1):  # of the same bytes, and recompressed
        made = pairs(sandbox)[start::2]
        copies = [copy for _, copy in made]
        for marked in (
            [copy.is_favorite for copy in copies],
            [bool(copy.description) for copy in copies],
            [copy.rating is not None for copy in copies],
            [copy.place is not None for copy in copies],
            [bool(copy.tag_ids) for copy in copies],
            [bool(first.description) for first, _ in made],
            [first.id in albums[ORIGINALS] for first, _ in made],
            [copy.id in albums[OTHERS] for copy in copies],
        ):
            assert set(marked) == {True, False}
        assert all(copy.id in albums[COPIES] for copy in copies)


async def test_previews_show_what_the_file_shows() -> None:
    async with (
        Sandbox(assets=3, hostile=False, duplicates=4) as sandbox,
        caller(sandbox) as owner,
    ):
        for copy in sandbox.library.album_named(COPIES).assets:
            asset = sandbox.library.assets[copy]
            original = Image.open(BytesIO(read(asset.content))).convert("L")
            for size in ("preview", "thumbnail"):
                answer = await owner.get(f"/api/assets/{copy}/thumbnail?size={size}")
                shown = Image.open(BytesIO(answer.body)).convert("L").resize(original.size)
                difference = ImageStat.Stat(ImageChops.difference(original, shown)).mean[0]
                assert difference < 6, (asset.filename, size)
