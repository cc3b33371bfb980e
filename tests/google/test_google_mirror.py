"""The plain path to Google Photos: a first run, a second one, what joins and what leaves."""

from __future__ import annotations

import pytest
from google_world import GoogleWorld

from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.store.records import ItemState, RunStatus


async def test_a_first_run_fills_the_album_and_a_second_does_nothing(world: GoogleWorld) -> None:
    await world.connect()
    for n in range(120):
        world.add(f"{n}.jpg")
    first = await world.mirror()
    assert (first.status, first.stopped) == (RunStatus.OK, None)
    assert (first.counters.uploaded, first.counters.failed) == (120, 0)
    assert world.shown() == [f"{n}.jpg" for n in range(120)]
    assert world.google.requests["batchCreate"] == 3
    assert world.doubled() == {}
    before = world.google.requests.total()
    second = await world.mirror()
    assert (second.counters.skipped, second.originals, second.codes) == (120, 0, [])
    assert world.google.requests.total() == before


async def test_what_joins_later_is_put_in_its_place(world: GoogleWorld) -> None:
    await world.connect()
    taken = {world.add(f"{n}.jpg"): n for n in range(0, 40, 4)}
    for id_, n in taken.items():
        world.library.assets[id_].taken = 1_600_000_000_000 + n * 1000
    await world.mirror()
    for n in (39, 1, 2, 3, 17, 5, -1):
        world.library.assets[world.add(f"{n}.jpg")].taken = 1_600_000_000_000 + n * 1000
    done = await world.mirror()
    assert (done.status, done.counters.uploaded) == (RunStatus.OK, 7)
    wanted = sorted([*range(0, 40, 4), 39, 1, 2, 3, 17, 5, -1])
    assert world.shown() == [f"{n}.jpg" for n in wanted]


async def test_captions_and_names_arrive_as_google_takes_them(world: GoogleWorld) -> None:
    await world.connect()
    world.add("a.jpg", description="  At the sea \U0001f30a  ")
    world.add("x" * 300 + ".jpg", description="y" * 2000)
    world.add("trailing dot.jpg.")
    world.add("IMG_1")
    done = await world.mirror()
    assert (done.counters.uploaded, done.counters.failed) == (4, 0)
    items = list(world.google.accounts[0].photos.items.values())
    assert items[0].description == "At the sea \U0001f30a"
    assert (len(items[1].filename), len(items[1].description)) == (255, 999)
    assert items[1].filename.endswith(".jpg")
    assert [item.filename for item in items[2:]] == ["trailing dot.jpg", "IMG_1.jpg"]


async def test_without_captions_none_are_sent(world: GoogleWorld) -> None:
    await world.connect()
    world.add("a.jpg", description="private")
    await world.mirror(captions=False)
    assert [i.description for i in world.google.accounts[0].photos.items.values()] == [""]


async def test_what_google_does_not_take_is_skipped_and_never_downloaded(
    world: GoogleWorld,
) -> None:
    await world.connect()
    world.add("a.psd", mime_type="image/vnd.adobe.photoshop")
    world.add("b.jpg")
    done = await world.mirror()
    assert (done.status, done.originals) == (RunStatus.OK, 1)
    assert (done.counters.uploaded, done.counters.skipped) == (1, 1)
    (skipped,) = done.of("skipped")
    assert skipped.details["code"] == "unsupported_type"
    assert skipped.details["hint"]


async def test_one_content_in_two_albums_goes_up_once(world: GoogleWorld) -> None:
    await world.connect()
    ids = [world.add(f"{n}.jpg") for n in range(10)]
    other = world.library.add_album("Best of")
    world.library.add_to_album(other.id, ids[3:7])
    await world.mirror()
    done = await world.mirror(album=other)
    assert (done.counters.uploaded, done.originals) == (4, 0)
    assert world.shown("Best of") == [f"{n}.jpg" for n in range(3, 7)]
    assert world.doubled() == {}


async def test_known_content_goes_into_another_album_after_its_token_died(
    world: GoogleWorld,
) -> None:
    await world.connect()
    ids = [world.add(f"{n}.jpg") for n in range(60)]
    other = world.library.add_album("Best of")
    world.library.add_to_album(other.id, ids)
    await world.mirror()
    world.pass_time(hours=30)
    done = await world.mirror(album=other)
    assert (done.counters.uploaded, done.originals) == (60, 0)
    assert world.shown("Best of") == [f"{n}.jpg" for n in range(60)]
    assert world.doubled() == {}


async def test_a_picture_imported_anew_is_known_by_its_content(world: GoogleWorld) -> None:
    await world.connect(removals=True)
    first = world.add("first.jpg", b"the same bytes")
    world.add("other.jpg")
    await world.mirror(removals="remove")
    world.pass_time(hours=30)
    world.library.trash([first])
    world.add("renamed.jpg", b"the same bytes")
    done = await world.mirror(removals="remove")
    assert (done.status, done.originals, done.counters.removed) == (RunStatus.OK, 0, 0)
    assert len(done.of("superseded")) == 1
    assert sorted(world.shown()) == ["first.jpg", "other.jpg"]
    assert world.doubled() == {}
    again = await world.mirror(removals="remove")
    assert (again.counters.skipped, again.codes) == (2, [])


async def test_two_assets_of_one_content_are_one_photo(world: GoogleWorld) -> None:
    await world.connect()
    for n in range(6):
        world.add(f"{n}.jpg", b"one content", owner_id=world.library.owner.id)
    done = await world.mirror()
    assert (done.counters.uploaded, done.counters.failed) == (6, 0)
    assert len(world.shown()) == 1
    assert world.doubled() == {}
    assert (await world.mirror()).counters.skipped == 6


async def test_removals_take_out_of_the_album_and_keep_in_the_account(world: GoogleWorld) -> None:
    await world.connect(removals=True)
    ids = [world.add(f"{n}.jpg") for n in range(70)]
    await world.mirror(removals="remove")
    world.library.remove_from_album(world.album.id, ids[5:45])
    done = await world.mirror()
    assert (done.status, done.counters.removed, done.hold) == (RunStatus.OK, 40, None)
    assert world.shown() == [f"{n}.jpg" for n in (*range(5), *range(45, 70))]
    assert len(world.google.accounts[0].photos.items) == 70
    world.library.remove_from_album(world.album.id, ids[50:])
    held = await world.mirror(max_removals=None)
    assert held.counters.removed == 20


async def test_without_the_permission_what_leaves_becomes_an_orphan(world: GoogleWorld) -> None:
    await world.connect()
    gone, _ = world.add("a.jpg"), world.add("b.jpg")
    await world.mirror(removals="remove")
    world.library.remove_from_album(world.album.id, [gone])
    done = await world.mirror()
    assert done.of("removals_held")[0].details["why"] == "not_granted"
    assert len(done.of("orphaned")) == 1
    assert world.shown() == ["a.jpg", "b.jpg"]
    states = {item.filename: item.state for item in await world.items()}
    assert states == {"a.jpg": ItemState.ORPHANED, "b.jpg": ItemState.OK}


async def test_a_changed_picture_is_replaced_in_its_place(world: GoogleWorld) -> None:
    await world.connect(removals=True)
    ids = [world.add(f"{n}.jpg") for n in range(5)]
    await world.mirror(removals="remove")
    world.library.replace(ids[2], b"another version of it")
    done = await world.mirror()
    assert (done.counters.uploaded, done.codes) == (1, ["replaced"])
    assert world.shown() == [f"{n}.jpg" for n in range(5)]
    sha1s = [item["sha1"] for item in world.google.albums()[0]["items"]]
    assert len(set(sha1s)) == 5


async def test_the_title_follows_where_that_is_wanted(world: GoogleWorld) -> None:
    await world.connect(removals=True)
    world.album.description = "All of it"
    world.add("a.jpg")
    await world.mirror(album_text=True)
    world.album.name = "Winter"
    kept = await world.mirror()
    assert kept.of("album_renamed")[0].details["here"] == "Summer"
    assert world.shown("Summer") == ["a.jpg"]
    await world.mirror(follow_title=True)
    assert world.shown("Winter") == ["a.jpg"]
    assert next(iter(world.google.accounts[0].photos.albums.values())).texts == ["All of it"]


async def test_an_account_has_room_for_many_mirrors_and_is_chosen_by_name(
    world: GoogleWorld,
) -> None:
    world.add("a.jpg")
    with pytest.raises(InvalidError) as caught:
        await world.mirror()
    assert caught.value.code == "no_account"
    await world.connect()
    await world.connect(email="bob@example.com")
    with pytest.raises(InvalidError) as caught:
        await world.mirror()
    assert caught.value.code == "ambiguous"
    with pytest.raises(NotFoundError):
        await world.mirror(to="google-photos:carol")
    await world.mirror(to="google-photos:bob@example.com")
    assert not world.google.accounts[0].photos.items
    assert len(world.google.accounts[1].photos.items) == 1
    await world.mirror(to="google-photos:alice@example.com")
    assert len(world.google.accounts[0].photos.items) == 1


async def test_a_raw_and_its_jpeg_are_mirrored_as_chosen(world: GoogleWorld) -> None:
    await world.connect()
    taken = 1_600_000_000_000
    for name, mime in (("a.dng", "image/x-adobe-dng"), ("a.jpg", "image/jpeg")):
        world.add(name, taken=taken, mime_type=mime)
    world.add("b.dng", taken=taken + 5000, mime_type="image/x-adobe-dng")
    done = await world.mirror(raw="primary")
    assert world.shown() == ["a.jpg", "b.dng"]
    assert done.of("skipped")[0].details["why"] == "partner"
    await world.mirror(raw="all")
    assert sorted(world.shown()) == ["a.dng", "a.jpg", "b.dng"]
