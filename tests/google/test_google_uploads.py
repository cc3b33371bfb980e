"""Large files: sessions that go on after a broken connection, and bytes that must be right."""

from __future__ import annotations

import hashlib
import random

import pytest
from google_world import GoogleWorld
from PIL import Image

from pentaprism.sandbox.immich.content import Stretched
from pentaprism.store.records import RunStatus

LARGE = random.Random(1).randbytes(9 * 1024 * 1024 + 12_345)


def sha1s(world: GoogleWorld) -> list[str]:
    (album,) = world.google.albums()
    return [item["sha1"] for item in album["items"]]


async def test_a_large_file_goes_up_through_a_session(world: GoogleWorld) -> None:
    await world.connect()
    world.add("large.mp4", LARGE, mime_type="video/mp4")
    done = await world.mirror()
    assert done.status is RunStatus.OK
    assert sha1s(world) == [hashlib.sha1(LARGE).hexdigest()]
    assert world.google.requests["uploads"] == 2
    assert world.google.requests["uploaded bytes"] == len(LARGE)


@pytest.mark.parametrize("granularity", [262_144, 1_000_003])
async def test_a_broken_upload_goes_on_where_it_broke(world: GoogleWorld, granularity: int) -> None:
    await world.connect()
    world.google.settings.granularity = granularity
    world.add("large.mp4", LARGE, mime_type="video/mp4")
    for skip in (1, 2, 3):
        world.google.faults.add(
            "drop_request", route="uploads", skip=skip, times=1, after_bytes=2_500_000
        )
    done = await world.mirror()
    assert done.status is RunStatus.OK
    assert sha1s(world) == [hashlib.sha1(LARGE).hexdigest()]
    assert world.doubled() == {}
    assert world.google.requests["uploaded bytes"] < len(LARGE) + 4 * granularity


async def test_a_session_that_google_forgot_is_begun_anew(world: GoogleWorld) -> None:
    await world.connect()
    world.add("large.mp4", LARGE, mime_type="video/mp4")
    world.google.faults.add("drop_request", route="uploads", skip=1, times=1, after_bytes=5_000_000)
    world.google.faults.add("status", route="uploads", skip=2, times=1, status=404)
    done = await world.mirror()
    assert done.status is RunStatus.OK
    assert sha1s(world) == [hashlib.sha1(LARGE).hexdigest()]


async def test_the_answer_to_the_last_bytes_is_lost(world: GoogleWorld) -> None:
    await world.connect()
    world.add("large.mp4", LARGE, mime_type="video/mp4")
    world.google.faults.add("drop_reply", route="uploads", skip=1, times=1)
    done = await world.mirror()
    assert done.status is RunStatus.OK
    assert sha1s(world) == [hashlib.sha1(LARGE).hexdigest()]


@pytest.mark.parametrize("data", [LARGE, LARGE[:100_000]], ids=["large", "small"])
async def test_wrong_bytes_from_immich_never_become_a_photo(
    world: GoogleWorld, data: bytes
) -> None:
    await world.connect()
    bad = world.add("bad.jpg", data)
    world.add("good.jpg")
    world.sandbox.faults.add("flip", route="original", asset=bad, after_bytes=50_000)
    done = await world.mirror()
    assert (done.status, done.counters.uploaded, done.counters.failed) == (RunStatus.FAILED, 1, 1)
    assert done.of("failed")[0].details["code"] == "checksum_mismatch"
    assert world.shown() == ["good.jpg"]
    assert [u["sha1"] for u in world.google.uploads()] == sha1s(world)
    world.sandbox.faults.clear()
    assert (await world.mirror()).status is RunStatus.OK
    assert world.shown() == ["bad.jpg", "good.jpg"]


async def test_a_broken_download_goes_on_within_the_upload(world: GoogleWorld) -> None:
    await world.connect()
    id_ = world.add("large.mp4", LARGE, mime_type="video/mp4")
    world.sandbox.faults.add("drop", route="original", asset=id_, after_bytes=3_000_000, times=1)
    world.retries = 3
    done = await world.mirror()
    assert done.status is RunStatus.OK
    assert sha1s(world) == [hashlib.sha1(LARGE).hexdigest()]


async def test_an_external_file_is_sent_though_its_bytes_are_not_vouched_for(
    world: GoogleWorld,
) -> None:
    await world.connect()
    world.add_external("outside.jpg", b"bytes of an external library")
    done = await world.mirror()
    assert done.status is RunStatus.OK
    (item,) = await world.items()
    assert (item.verified, item.sha1) == (
        False,
        hashlib.sha1(b"bytes of an external library").digest(),
    )
    assert (await world.mirror()).codes == []


async def test_a_live_photo_goes_as_its_still_or_as_one_file(world: GoogleWorld) -> None:
    picture = world.home / "still.jpg"
    Image.new("RGB", (64, 48), "teal").save(picture, exif=Image.Exif())
    await world.connect()
    half = world.make("IMG_1.mov", b"a video " * 100, kind="mov", mime_type="video/quicktime",
                      visibility="hidden")  # fmt: skip
    world.add("IMG_1.jpg", picture.read_bytes(), live_video_id=half.id)
    await world.mirror()
    assert world.shown() == ["IMG_1.jpg"]
    assert sha1s(world) == [hashlib.sha1(picture.read_bytes()).hexdigest()]
    other = world.library.add_album("Moving")
    world.library.add_to_album(other.id, list(world.album.assets))
    done = await world.mirror(album=other, motion_photos=True)
    assert (done.status, done.counters.uploaded) == (RunStatus.OK, 1)
    (item,) = next(a for a in world.google.albums() if a["title"] == "Moving")["items"]
    data = world.google.bytes_of(item["id"])
    assert data.endswith(b"a video " * 100)
    assert b"MotionPhoto" in data
    assert (await world.mirror(album=other)).codes == []


async def test_a_missing_date_is_written_into_the_copy(world: GoogleWorld) -> None:
    picture = world.home / "plain.png"
    Image.new("RGB", (64, 48), "teal").save(picture)
    await world.connect()
    world.add("plain.png", picture.read_bytes(), mime_type="image/png", taken=1_600_000_000_000)
    world.add("odd.png", b"this is no png", mime_type="image/png")
    done = await world.mirror(write_dates=True)
    assert (done.status, done.counters.uploaded) == (RunStatus.OK, 2)
    items = {i.filename: i for i in world.google.accounts[0].photos.items.values()}
    assert (items["plain.png"].taken or "").startswith("2020-09-13T")
    assert items["odd.png"].sha1 == hashlib.sha1(b"this is no png").hexdigest()
    (note,) = done.of("note")
    assert note.filename == "odd.png"
    assert "date" in note.message


async def test_the_album_cap_is_told_item_by_item(world: GoogleWorld) -> None:
    await world.connect()
    world.google.settings.album_cap = 3
    for n in range(5):
        world.add(f"{n}.jpg")
    done = await world.mirror()
    assert (done.counters.uploaded, done.counters.failed) == (3, 2)
    assert "full" in done.of("failed")[0].message


async def test_a_motion_photo_that_lacks_a_date_gets_one_and_no_second_video(
    world: GoogleWorld,
) -> None:
    picture = world.home / "still.jpg"
    Image.new("RGB", (64, 48), "teal").save(picture)
    data = picture.read_bytes()
    marked = b"http://ns.adobe.com/xap/1.0/\0<x GCamera:MotionPhoto='1'/>"
    segment = b"\xff\xe1" + (len(marked) + 2).to_bytes(2, "big") + marked
    await world.connect()
    half = world.make("a.mov", b"a video", kind="mov", mime_type="video/quicktime",
                      visibility="hidden")  # fmt: skip
    world.add("a.jpg", data[:2] + segment + data[2:], live_video_id=half.id)
    done = await world.mirror(motion_photos=True, write_dates=True)
    assert (done.status, done.counters.uploaded) == (RunStatus.OK, 1)
    (item,) = world.google.accounts[0].photos.items.values()
    assert item.taken
    assert b"a video" not in item.data


async def test_a_live_photo_that_is_too_large_together_goes_as_its_still(
    world: GoogleWorld,
) -> None:
    picture = world.home / "still.jpg"
    Image.new("RGB", (64, 48), "teal").save(picture)
    await world.connect()
    video = Stretched(b"head", bytes(1 << 20), 200_000_000)
    half = world.make("a.mov", kind="mov", mime_type="video/quicktime", visibility="hidden")
    world.library.assets[half.id].content = video
    world.add("a.jpg", picture.read_bytes(), live_video_id=half.id)
    done = await world.mirror(motion_photos=True)
    assert (done.status, done.counters.uploaded) == (RunStatus.OK, 1)
    assert "too large" in done.of("note")[0].message
    assert sha1s(world) == [hashlib.sha1(picture.read_bytes()).hexdigest()]
