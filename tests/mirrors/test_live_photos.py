"""Live photos and sidecars: files that travel with a picture."""

from __future__ import annotations

from collections.abc import Callable

from mirror_world import World, damage, edit, trashed, tree

from pentaprism.store.records import RunStatus


async def test_a_video_that_immich_lost_leaves_the_still_alone(world: World) -> None:
    _, video = world.add_live("IMG.heic", "IMG.mov")
    del world.library.assets[video]
    first = await world.run()
    assert (first.status, first.counters.uploaded) == (RunStatus.OK, 1)
    assert set(tree(world.folder)) == {"IMG.heic"}
    assert "video_missing" in first.codes
    second = await world.run()
    assert (second.status, second.originals, second.counters.skipped) == (RunStatus.OK, 0, 1)
    assert second.codes == ["video_missing"]


async def test_a_still_that_became_live_gets_its_video(world: World) -> None:
    still = world.add("IMG.heic")
    await world.run()
    half = world.make("whatever.MOV", visibility="hidden", mime_type="video/quicktime")
    world.library.assets[still].live_video_id = half.id
    world.library.touch(still)
    done = await world.run()
    assert (done.originals, done.counters.uploaded) == (1, 1)
    assert tree(world.folder)["IMG.MOV"] == world.content(half.id)
    assert (await world.run()).codes == []


async def test_a_video_that_became_another_is_replaced(world: World) -> None:
    still, _ = world.add_live("IMG.heic", "IMG.mov")
    await world.run()
    half = world.make("other.mov", visibility="hidden", mime_type="video/quicktime")
    world.library.assets[still].live_video_id = half.id
    world.library.touch(still)
    done = await world.run()
    assert (done.originals, done.codes) == (1, ["replaced"])
    assert tree(world.folder)["IMG.mov"] == world.content(half.id)
    assert trashed(world.folder) == ["IMG.mov"]
    assert (await world.run()).codes == []


async def test_a_deleted_video_is_fetched_without_its_still(world: World) -> None:
    world.add_live("IMG.heic", "IMG.mov")
    await world.run()
    (world.folder / "IMG.mov").unlink()
    done = await world.run()
    assert (done.originals, done.codes) == (1, ["repaired"])
    assert set(tree(world.folder)) == {"IMG.heic", "IMG.mov"}


async def test_an_edited_still_gets_a_conflict_copy_and_keeps_its_video(world: World) -> None:
    still, _ = world.add_live("IMG.heic", "IMG.mov")
    await world.run()
    edit(world.folder / "IMG.heic", b"a person's work")
    world.library.replace(still, b"brand new")
    done = await world.run()
    assert (done.originals, done.codes) == (1, ["conflict_copy"])
    files = tree(world.folder)
    assert files["IMG.heic"] == b"a person's work"
    assert len(files) == 3
    assert (await world.run()).codes == []


async def test_two_live_photos_of_one_name_keep_their_stems(world: World) -> None:
    for _ in range(2):
        world.add_live("IMG.heic", "IMG.mov")
    await world.run()
    files = [name.rpartition(".") for name in tree(world.folder)]
    stems = {stem for stem, _, _ in files}
    assert len(stems) == 2
    assert {(stem, extension) for stem, _, extension in files} == {
        (stem, extension) for stem in stems for extension in ("heic", "mov")
    }


async def test_a_live_photo_counts_once(world: World) -> None:
    still, video = world.add_live("IMG.heic", "IMG.mov")
    done = await world.run()
    assert (done.counters.total, done.counters.uploaded) == (1, 1)
    assert done.counters.bytes == len(world.content(still)) + len(world.content(video))


async def test_sidecars_change_with_description_rating_and_tags(world: World) -> None:
    asset = world.add("a.jpg")
    await world.run(sidecars=True)
    sidecar = world.folder / "a.jpg.xmp"
    changes: list[tuple[Callable[[], None], str]] = [
        (lambda: world.library.describe(asset, description="In the hills"), "In the hills"),
        (lambda: world.library.describe(asset, rating=4), "<xmp:Rating>4<"),
        (lambda: world.library.tag(asset, "trips/berlin"), "trips/berlin"),
    ]
    for change, word in changes:
        change()
        done = await world.run()
        assert (done.originals, done.codes) == (0, ["replaced"])
        assert word in sidecar.read_text()
    assert (await world.run()).codes == []


async def test_sidecars_are_added_to_what_is_there(world: World) -> None:
    world.add("a.jpg", description="On the beach")
    await world.run()
    done = await world.run(sidecars=True)
    assert done.originals == 0
    assert "On the beach" in (world.folder / "a.jpg.xmp").read_text()


async def test_a_sidecar_that_was_deleted_or_damaged_is_written_again(world: World) -> None:
    world.add("a.jpg", description="On the beach")
    await world.run(sidecars=True)
    sidecar = world.folder / "a.jpg.xmp"
    was = sidecar.read_bytes()
    spoilings: list[Callable[[], None]] = [sidecar.unlink, lambda: damage(sidecar, b"")]
    for spoil in spoilings:
        spoil()
        done = await world.run()
        assert (done.originals, done.codes) == (0, ["repaired"])
        assert sidecar.read_bytes() == was


async def test_a_sidecar_of_another_program_is_left_alone_from_the_start(world: World) -> None:
    asset = world.add("a.jpg")
    world.folder.mkdir()
    (world.folder / "a.jpg.xmp").write_text("another program's")
    done = await world.run(sidecars=True)
    assert done.status is RunStatus.OK
    files = tree(world.folder)
    assert files["a.jpg.xmp"] == b"another program's"
    assert len(files) == 3
    assert files["a.jpg"] == world.content(asset)
    assert sum(name.startswith("a.jpg~") for name in files) == 1
    assert (await world.run()).codes == []


async def test_a_sidecar_leaves_with_its_picture(world: World) -> None:
    gone = world.add("a.jpg")
    world.add("b.jpg")
    await world.run(sidecars=True, removals="trash")
    world.library.remove_from_album(world.album.id, [gone])
    await world.run()
    assert trashed(world.folder) == ["a.jpg", "a.jpg.xmp"]
