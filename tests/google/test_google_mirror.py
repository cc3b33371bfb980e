"""The plain path to Google Photos: a first run, a second one, what joins and what leaves."""

from __future__ import annotations

from google_world import GoogleWorld

from pentaprism.store.records import RunStatus


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
