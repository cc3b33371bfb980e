"""Downloads to a file descriptor, over servers that behave and servers that do not."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from functools import partial
from typing import Any

import pytest
from originals import (
    DATA,
    ETAG,
    ID,
    OTHER,
    WRONG_PARTS,
    Target,
    chunked,
    download,
    ignore,
    make_asset,
    original,
)
from scripted_server import KEY, Handler, Raw, Request, Sleeps, always, reply, script

from pentaprism.assets import Received
from pentaprism.errors import ActionRequiredError, PermanentError, RetryableError


async def test_a_file_comes_whole_and_verified(serve: Any, connect: Any, target: Target) -> None:
    server = serve(original)
    received = await download(connect(server.url), target)
    assert received == Received(len(DATA), hashlib.sha1(DATA).digest(), True)
    assert target.path.read_bytes() == DATA
    assert target.allocated == [len(DATA)]
    [request] = server.requests
    assert request.path == f"/api/assets/{ID}/original"
    assert request.headers["x-api-key"] == KEY
    assert "range" not in request.headers


async def test_a_connection_serves_many_downloads(serve: Any, connect: Any, target: Target) -> None:
    server = serve(original)
    client = connect(server.url)
    for _ in range(5):
        await download(client, target)
    assert server.connections == 1
    assert client.traffic.requests == 5
    assert client.traffic.bytes_read == 5 * len(DATA)


async def test_an_idle_connection_is_not_used_again(
    serve: Any, connect: Any, target: Target, sleeps: Sleeps
) -> None:
    now = [0.0]
    server = serve(original)
    client = connect(server.url, pace=sleeps.pace(clock=lambda: now[0]))
    await download(client, target)
    now[0] = 4.5  # Immich hangs up after 5
    await download(client, target)
    assert server.connections == 2


async def test_a_connection_closed_while_idle_costs_nothing(
    serve: Any, connect: Any, target: Target, sleeps: Sleeps
) -> None:
    server = serve(lambda r: Raw(original(r).data, hang_up=True))
    client = connect(server.url, retries=0)
    for _ in range(3):
        await download(client, target)
    assert sleeps == []


@pytest.mark.parametrize("cut", [0, 1, 1000, 300_000, len(DATA) - 1])
async def test_a_dropped_connection_is_resumed(
    serve: Any, connect: Any, target: Target, cut: int
) -> None:
    server = serve(script(partial(original, cut=cut), then=original))
    received = await download(connect(server.url), target)
    assert received.verified
    assert target.path.read_bytes() == DATA
    ranges = [(r.headers.get("range"), r.headers.get("if-range")) for r in server.requests]
    resumed = (f"bytes={cut}-", ETAG) if cut else (None, None)
    assert ranges == [(None, None), resumed]
    assert target.allocated == [len(DATA)]


async def test_a_bad_line_gets_a_large_file_through(
    serve: Any, connect: Any, target: Target
) -> None:
    server = serve(partial(original, cut=256 * 1024))
    received = await download(connect(server.url, retries=1), target)
    assert received.verified
    assert len(server.requests) == 4


async def test_a_line_that_gets_nowhere_is_given_up(
    serve: Any, connect: Any, target: Target, sleeps: Sleeps
) -> None:
    server = serve(partial(original, cut=10))
    with pytest.raises(RetryableError) as caught:
        await download(connect(server.url, retries=3), target)
    assert caught.value.code == "immich_unavailable"
    assert len(server.requests) == 4
    assert sleeps == [0.5, 1.0, 2.0]


async def test_a_stalled_body_is_resumed(serve: Any, connect: Any, target: Target) -> None:
    def handle(request: Request) -> Raw:
        if "range" in request.headers:
            return original(request)
        return Raw(original(request, cut=5000).data, stall=True)

    server = serve(handle)
    received = await download(connect(server.url, timeout=0.2), target)
    assert received.verified
    assert server.requests[1].headers["range"] == "bytes=5000-"


@pytest.mark.parametrize("wrong", WRONG_PARTS)
async def test_anything_but_the_matching_part_starts_over(
    serve: Any, connect: Any, target: Target, wrong: str
) -> None:
    server = serve(script(partial(original, cut=1000), WRONG_PARTS[wrong], then=original))
    received = await download(connect(server.url), target)
    assert received == Received(len(DATA), hashlib.sha1(DATA).digest(), True)
    assert target.path.read_bytes() == DATA


async def test_a_shorter_part_than_asked_for_is_continued(
    serve: Any, connect: Any, target: Target
) -> None:
    def handle(request: Request) -> Raw:
        start = request.first_byte()
        if start == 0:
            return original(request, cut=1000)
        last = min(start + 400_000, len(DATA)) - 1
        headers: dict[str, Any] = {
            "Content_Range": f"bytes {start}-{last}/{len(DATA)}",
            "ETag": ETAG,
        }
        return reply(DATA[start : last + 1], 206, **headers)

    received = await download(connect(serve(handle).url), target)
    assert received.verified
    assert target.path.read_bytes() == DATA


async def test_a_file_replaced_midway_is_read_anew(
    serve: Any, connect: Any, target: Target
) -> None:
    new = OTHER[:5000]
    server = serve(
        script(partial(original, cut=300_000), then=partial(original, data=new, etag='W/"new"'))
    )
    asset = make_asset(new, of_content=False)
    received = await download(connect(server.url), target, asset)
    assert received == Received(len(new), hashlib.sha1(new).digest(), False)
    assert target.path.read_bytes() == new
    assert target.allocated == [len(DATA), len(new)]


async def test_wrong_bytes_are_read_again(serve: Any, connect: Any, target: Target) -> None:
    server = serve(script(partial(original, data=OTHER), then=original))
    received = await download(connect(server.url), target)
    assert received.verified
    assert target.path.read_bytes() == DATA


async def test_bytes_that_stay_wrong_are_refused(serve: Any, connect: Any, target: Target) -> None:
    server = serve(partial(original, data=OTHER))
    with pytest.raises(PermanentError) as caught:
        await download(connect(server.url), target)
    assert caught.value.code == "checksum_mismatch"
    assert len(server.requests) == 3


async def test_a_checksum_that_is_not_of_the_content_proves_nothing(
    serve: Any, connect: Any, target: Target
) -> None:
    server = serve(partial(original, data=OTHER))
    received = await download(connect(server.url), target, make_asset(of_content=False))
    assert received == Received(len(OTHER), hashlib.sha1(OTHER).digest(), False)


@pytest.mark.parametrize(("is_edited", "query"), [(True, "?edited=true"), (False, "")])
async def test_edits_are_taken_by_setting(
    serve: Any, connect: Any, target: Target, is_edited: bool, query: str
) -> None:
    server = serve(original)
    client = connect(server.url, edited=True)
    received = await download(client, target, make_asset(is_edited=is_edited))
    assert server.requests[0].path == f"/api/assets/{ID}/original{query}"
    assert received.verified is not is_edited


async def test_an_empty_file(serve: Any, connect: Any, target: Target) -> None:
    received = await download(connect(serve(always(reply(b""))).url), target, make_asset(b""))
    assert received == Received(0, hashlib.sha1(b"").digest(), True)
    assert target.allocated == [0]


UNUSUAL: dict[str, Handler] = {
    "chunked": chunked,
    "until closed": always(Raw(b"HTTP/1.0 200 OK\r\n\r\n" + DATA)),
    "closing": always(reply(DATA, hang_up=True, Connection="close")),
    "continue": always(Raw(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(DATA).data, hang_up=False)),
    "folded": always(
        Raw(b"HTTP/1.1 200 OK\r\nX-Note: a\r\n b\r\nContent-Length: %d\r\n\r\n" % len(DATA) + DATA)
    ),
    "more than announced": always(Raw(reply(DATA).data + b"more", hang_up=False)),
}


@pytest.mark.parametrize("shape", UNUSUAL)
async def test_unusual_answers_are_read_too(
    serve: Any, connect: Any, target: Target, shape: str
) -> None:
    server = serve(UNUSUAL[shape])
    client = connect(server.url, retries=0)
    for _ in range(2):
        received = await download(client, target)
        assert received == Received(len(DATA), hashlib.sha1(DATA).digest(), True)
        assert target.path.read_bytes() == DATA


async def test_a_chunked_body_that_breaks_off_starts_over(
    serve: Any, connect: Any, target: Target
) -> None:
    broken = partial(chunked, cut=True)
    server = serve(script(broken, broken, then=chunked))
    received = await download(connect(server.url), target)
    assert received.verified
    assert target.path.read_bytes() == DATA


async def test_a_head_that_comes_in_pieces(serve: Any, connect: Any, target: Target) -> None:
    # The body is shorter than the rest of the buffer, the head longer than one segment.
    padding: dict[str, Any] = {f"X-Padding-{n}": "x" * 1000 for n in range(50)}
    server = serve(always(reply(DATA, **padding)))
    assert (await download(connect(server.url), target)).verified


async def test_a_server_that_asks_for_time_gets_it(
    serve: Any, connect: Any, target: Target, sleeps: Sleeps
) -> None:
    busy = always(reply(b"", 503, Retry_After="7"))
    server = serve(script(busy, always(reply(b"", 429)), then=original))
    await download(connect(server.url), target)
    assert sleeps == [7.0, 1.0]


async def test_a_server_that_asks_for_too_much_time_is_left_to_the_caller(
    serve: Any, connect: Any, target: Target, sleeps: Sleeps
) -> None:
    server = serve(always(reply(b"", 503, Retry_After="3600")))
    with pytest.raises(RetryableError) as caught:
        await download(connect(server.url), target)
    assert caught.value.after == 3600
    assert sleeps == []


async def test_a_refused_allocation_ends_the_download(
    serve: Any, connect: Any, target: Target
) -> None:
    full = ActionRequiredError("The disk is full.", code="disk_full")

    def refuse(size: int) -> None:
        raise full

    server = serve(original)
    content = connect(server.url).content(make_asset())
    with pytest.raises(ActionRequiredError) as caught:
        await asyncio.to_thread(content.download_to, target.fd, refuse)
    assert caught.value is full
    assert len(server.requests) == 1


async def test_an_error_of_the_disk_is_not_one_of_the_network(
    serve: Any, connect: Any, target: Target
) -> None:
    server = serve(original)
    content = connect(server.url).content(make_asset())
    reading = os.open(target.path, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            await asyncio.to_thread(content.download_to, reading, ignore)
    finally:
        os.close(reading)
    assert len(server.requests) == 1


async def test_cancel_ends_a_stalled_download(serve: Any, connect: Any, target: Target) -> None:
    server = serve(lambda r: Raw(original(r, cut=5000).data, stall=True))
    client = connect(server.url)
    running = asyncio.create_task(download(client, target))
    await asyncio.to_thread(server.stalled.wait)
    client.cancel()
    with pytest.raises(RetryableError) as caught:
        await running
    assert caught.value.code == "cancelled"
    with pytest.raises(RetryableError) as later:
        await download(client, target)
    assert later.value.code == "cancelled"
    assert len(server.requests) == 1


async def test_cancel_ends_a_wait(serve: Any, connect: Any, target: Target, sleeps: Sleeps) -> None:
    waiting = threading.Event()

    def wait(event: threading.Event, seconds: float) -> bool:
        waiting.set()
        return event.wait()

    server = serve(always(reply(b"", 503)))
    client = connect(server.url, pace=sleeps.pace(wait=wait))
    running = asyncio.create_task(download(client, target))
    await asyncio.to_thread(waiting.wait)
    client.cancel()
    with pytest.raises(RetryableError) as caught:
        await running
    assert caught.value.code == "cancelled"


async def test_downloads_and_calls_share_the_connections(serve: Any, connect: Any) -> None:
    together = threading.Barrier(2, timeout=30)

    def handle(request: Request) -> Raw:
        together.wait()  # two at once are needed to pass, and more than two would show
        return original(request) if "original" in request.path else reply([])

    server = serve(handle)
    client = connect(server.url, connections=2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        downloads = [
            asyncio.to_thread(client.content(make_asset()).download_to, null, ignore)
            for _ in range(4)
        ]
        await asyncio.gather(*downloads, *(client.albums() for _ in range(4)))
    finally:
        os.close(null)
    assert server.busiest == 2


async def test_the_bandwidth_is_kept(
    serve: Any, connect: Any, target: Target, sleeps: Sleeps
) -> None:
    clock = [0.0]

    def wait(event: threading.Event, seconds: float) -> bool:
        clock[0] += seconds
        return event.is_set()

    pace = sleeps.pace(clock=lambda: clock[0], wait=wait)
    server = serve(original)
    await download(connect(server.url, pace=pace, bandwidth=len(DATA) // 4), target)
    assert clock[0] == pytest.approx(4 - 1 / 8, abs=0.01)  # an eighth of a second is in the bucket


async def test_a_download_tells_how_far_it_is(serve: Any, connect: Any, target: Target) -> None:
    seen: list[int] = []
    server = serve(
        script(partial(original, cut=400_000), partial(original, data=OTHER), then=original)
    )
    content = connect(server.url).content(make_asset())

    def allocate(size: int) -> None:
        seen.append(content.received)
        target.allocate(size)

    assert content.received == 0
    await asyncio.to_thread(content.download_to, target.fd, allocate)
    assert content.received == len(DATA)
    assert seen[0] == 0


async def test_a_file_that_comes_anew_counts_from_the_start(
    serve: Any, connect: Any, target: Target
) -> None:
    server = serve(partial(original, cut=400_000))
    content = connect(server.url, retries=0).content(make_asset())
    with pytest.raises(RetryableError):
        await asyncio.to_thread(content.download_to, target.fd, target.allocate)
    assert 0 < content.received <= 400_000
    server.handle = always(reply({"message": "Service Unavailable"}, 503))
    with pytest.raises(RetryableError):
        await asyncio.to_thread(content.download_to, target.fd, target.allocate)
    assert content.received == 0
