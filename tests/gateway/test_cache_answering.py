"""What the cache answers, and how it keeps what it should not know from those who should not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from cache_world import ANNA, ASSET, BEN, OTHER, PATH, Gate, Got, Pictures, world
from hypothesis import given, settings
from hypothesis import strategies as st

ELSEWHERE = f"/api/assets/{OTHER}/thumbnail".encode()


def etag(version: int) -> tuple[bytes, bytes]:
    return b"if-none-match", b'"%d"' % version


async def test_what_was_asked_once_is_answered_from_memory_byte_for_byte() -> None:
    w = world()
    first = await w.get(ANNA)
    assert await w.get(ANNA) == first
    assert w.immich.asked == [200]
    assert first.body.startswith(b"anna sees /api/assets/")
    assert (w.cache.counts.misses, w.cache.counts.hits, w.cache.counts.stored) == (1, 1, 1)
    assert w.cache.counts.answered[2] == 1
    assert w.cache.entries == 1
    assert w.cache.size > len(first.body)


async def test_a_web_server_can_have_what_is_fresh_without_waiting() -> None:
    w = world()

    def at_hand(*extra: tuple[bytes, bytes], method: str = "GET") -> tuple[bytes, bytes] | None:
        headers = [*ANNA, *extra]
        return w.cache.at_hand(
            {"method": method, "raw_path": PATH, "query_string": b"", "headers": headers}
        )

    assert at_hand() is None
    got = await w.get(ANNA)
    found = at_hand()
    assert found is not None
    head, body = found
    assert body == got.body
    lines = [b"%b: %b" % pair for pair in got.headers]
    assert head == b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""])
    assert w.cache.counts.hits == w.cache.counts.answered[2] == 1
    for other in (etag(1), etag(2), (b"range", b"bytes=0-1"), (b"cookie", b"a=b")):
        assert at_hand(other) is None
    assert at_hand(method="HEAD") is None
    w.clock.now += 10
    assert at_hand() is None


async def test_a_header_with_a_line_end_in_it_is_never_written() -> None:
    w = world()
    w.immich.extra = [(b"X-Odd", b"a\r\nSet-Cookie: b")]
    await w.get(ANNA)
    scope = {"method": "GET", "raw_path": PATH, "query_string": b"", "headers": ANNA}
    assert w.cache.entries == 1
    assert w.cache.at_hand(scope) is None


async def test_head_is_answered_from_a_get_without_its_body() -> None:
    w = world()
    alone = await w.get(ANNA, method="HEAD")
    assert alone.status == 200
    got = await w.get(ANNA)
    head = await w.get(ANNA, method="HEAD")
    assert (head.headers, head.body) == (got.headers, b"")
    assert w.immich.asked == [200, 200]  # what HEAD brought is not kept


async def test_a_client_that_has_it_already_is_told_so() -> None:
    w = world()
    got = await w.get(ANNA)
    again = await w.get([*ANNA, etag(1)])
    assert (again.status, again.body) == (304, b"")
    names = {name.lower() for name, _ in again.headers}
    assert names == {name.lower() for name, _ in got.headers} - {b"content-type", b"content-length"}
    assert (await w.get([*ANNA, etag(7)])).body == got.body
    assert w.immich.asked == [200]
    assert w.cache.counts.answered[3] == 1


async def test_after_the_seconds_immich_is_asked_whether_it_still_holds() -> None:
    w = world()
    first = await w.get(ANNA)
    w.clock.now += 9.9
    await w.get(ANNA)
    w.clock.now += 0.2
    again = await w.get(ANNA)
    assert again.body == first.body
    assert again.header(b"x-correlation-id") == b"c1"  # that of Immich's newest word
    assert w.immich.asked == [200, 304]
    assert await w.get(ANNA) == again
    assert w.immich.asked == [200, 304]
    assert (w.cache.counts.stale, w.cache.counts.renewed) == (1, 1)


async def test_what_is_new_takes_the_place_of_what_was() -> None:
    w = world()
    await w.get(ANNA)
    w.immich.version = 2
    w.clock.now += 10
    assert b"version 2" in (await w.get(ANNA)).body
    assert b"version 2" in (await w.get(ANNA)).body
    assert w.immich.asked == [200, 200]
    assert w.cache.entries == 1


async def test_who_is_shut_out_sees_nothing_after_the_seconds() -> None:
    w = world()
    await w.get(ANNA)
    w.immich.users.clear()
    w.clock.now += 9.9
    assert (await w.get(ANNA)).status == 200
    w.clock.now += 0.1
    assert (await w.get(ANNA)).status == 401
    assert w.cache.entries == 0
    assert (await w.get(ANNA)).status == 401
    assert (await w.get([*ANNA, etag(1)])).status == 401


async def test_a_client_with_another_version_learns_that_it_is_shut_out() -> None:
    w = world()
    await w.get(ANNA)
    w.immich.users.clear()
    w.clock.now += 10
    assert (await w.get([*ANNA, etag(9)])).status == 401
    assert w.cache.entries == 0


async def test_seconds_are_counted_from_before_immich_was_asked() -> None:
    w = world()
    w.immich.gate = gate = Gate()
    asking = asyncio.create_task(w.get(ANNA))
    await gate.reached()
    w.clock.now += 9  # so long does the reply take to come
    gate.open()
    await asking
    w.immich.gate = None
    w.clock.now += 1
    await w.get(ANNA)
    assert w.immich.asked == [200, 304]


async def test_nothing_stale_is_shown_while_immich_is_away() -> None:
    w = world()
    first = await w.get(ANNA)
    w.clock.now += 10
    w.immich.away = True
    assert (await w.get(ANNA)).status == 502
    w.immich.away = False
    assert (await w.get(ANNA)).body == first.body
    assert w.immich.asked == [200, 502, 304]


@pytest.mark.parametrize(
    ("control", "asked"),
    [
        (b"private, max-age=2", [200, 304]),
        (b"private, no-cache", [200, 304, 304]),
        (b"private, no-store", [200, 200, 200]),
        (b"public, max-age=86400", [200, 200, 200]),
        (b"", [200, 200, 200]),
    ],
)
async def test_immich_has_the_last_word_on_how_long(control: bytes, asked: list[int]) -> None:
    w = world()
    w.immich.control = control
    for _ in range(2):
        await w.get(ANNA)
    w.clock.now += 3
    await w.get(ANNA)
    assert w.immich.asked == asked


async def test_a_304_that_forbids_keeping_ends_it() -> None:
    w = world()
    await w.get(ANNA)
    w.clock.now += 10
    w.immich.control = b"private, no-store"
    assert (await w.get(ANNA)).status == 200
    assert w.immich.asked == [200, 304, 200]
    assert w.cache.entries == 0


@pytest.mark.parametrize(
    "header", [(b"cache-control", b"no-cache"), (b"pragma", b"no-cache")], ids=["now", "once"]
)
async def test_reloading_asks_immich_and_trusts_nothing_older(header: tuple[bytes, bytes]) -> None:
    w = world()
    await w.get(ANNA)
    w.immich.version = 2
    assert b"version 2" in (await w.get([*ANNA, header])).body
    assert b"version 2" in (await w.get(ANNA)).body
    assert w.cache.counts.bypassed == 1


async def test_other_requests_are_passed_on() -> None:
    w = world()
    await w.get(ANNA)
    for extra in ([(b"range", b"bytes=0-1")], [(b"if-match", b'"1"')]):
        await w.get([*ANNA, *extra])
    await w.get(ANNA, path=b"/api/assets")
    await w.get(ANNA, method="DELETE")
    assert len(w.immich.asked) == 5
    assert w.cache.entries == 1


async def test_what_immich_may_choose_by_is_told_apart() -> None:
    w = world()
    for header in (b"accept", b"accept-encoding", b"origin"):
        for value in (b"a", b"b"):
            await w.get([*ANNA, (header, value)])
    await w.get(ANNA, query=b"size=preview")
    await w.get(ANNA, query=b"size=previeW")
    await w.get(ANNA, path=ELSEWHERE)
    assert w.immich.asked == [200] * 9


async def test_a_reply_that_breaks_off_is_not_kept() -> None:
    w = world()
    w.immich.breaks = True
    assert not (await w.get(ANNA)).whole
    w.immich.breaks = False
    assert (await w.get(ANNA)).whole
    assert w.immich.asked == [200, 200]


async def test_a_client_that_leaves_midway_leaves_nothing_behind() -> None:
    w = world()
    w.immich.gate = gate = Gate()
    asking = asyncio.create_task(w.get(ANNA))
    await gate.reached()
    asking.cancel()
    await asyncio.wait([asking])
    assert w.cache.entries == 0
    assert not w.cache._flights


async def test_the_client_gets_what_there_is_before_all_of_it_is_there() -> None:
    w = world()
    w.immich.gate = gate = Gate()
    arrived: list[bytes] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        arrived.append(message.get("body", b""))

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    scope = {
        "type": "http", "method": "GET", "raw_path": PATH, "query_string": b"", "headers": ANNA,
    }  # fmt: skip
    asking = asyncio.create_task(w.cache(scope, receive, send))
    await gate.reached()
    assert b"".join(arrived).startswith(b"anna sees")
    gate.open()
    await asking


async def test_what_changes_is_dropped_for_everybody() -> None:
    w = world()
    for who in (ANNA, BEN):
        await w.get(who)
        await w.get(who, path=ELSEWHERE)
    w.cache.drop([ASSET.upper(), "no-such-id", "ä"])
    assert w.cache.entries == 2
    assert w.cache.counts.dropped == 2
    w.cache.clear()
    assert w.cache.entries == w.cache.size == 0


@pytest.mark.parametrize("stale", [False, True], ids=["new", "stale"])
@pytest.mark.parametrize("everything", [False, True], ids=["asset", "all"])
async def test_what_changes_while_it_is_fetched_is_not_kept(stale: bool, everything: bool) -> None:
    w = world()
    if stale:
        await w.get(ANNA)
        w.clock.now += 10
    w.immich.gate = gate = Gate()
    asking = asyncio.create_task(w.get(ANNA))
    other = asyncio.create_task(w.get(ANNA, path=ELSEWHERE))
    await gate.reached(2)
    w.cache.clear() if everything else w.cache.drop([ASSET])
    gate.open()
    assert (await asking).whole
    assert (await other).whole
    assert w.cache.entries == (0 if everything else 1)
    w.immich.version = 2
    assert b"version 2" in (await w.get(ANNA)).body


async def test_with_no_seconds_nothing_is_kept() -> None:
    w = world(seconds=0.0)
    for _ in range(2):
        await w.get(ANNA)
    assert w.immich.asked == [200, 200]
    assert w.cache.entries == 0


async def test_what_is_large_is_passed_on_and_not_kept() -> None:
    w = world()
    w.immich.spaces = 3_000_000
    for _ in range(2):
        assert len((await w.get(ANNA)).body) > 3_000_000
    assert w.immich.asked == [200, 200]


# Two users, with every kind of credential

CARRIERS = [
    ([(b"x-api-key", b"%s")], b""),
    ([(b"authorization", b"Bearer %s")], b""),
    ([(b"x-immich-user-token", b"%s")], b""),
    ([(b"x-immich-session-token", b"%s")], b""),
    ([(b"x-immich-share-key", b"%s")], b""),
    ([(b"cookie", b"a=1; immich_access_token=%s")], b""),
    ([], b"apiKey=%s"),
    ([], b"sessionKey=%s"),
    ([], b"key=%s"),
    ([], b""),
]
USERS = [b"anna", b"ben", b"nobody"]

type Carried = list[tuple[tuple[list[tuple[bytes, bytes]], bytes], bytes]]


@dataclass(frozen=True)
class Asking:
    carried: Carried
    path: bytes
    conditional: bool


@dataclass(frozen=True)
class Change:
    """What happens between requests: time passes, users are shut out and let in, and so on."""

    what: str
    user: bytes = b""
    seconds: float = 0.0


carried = st.lists(
    st.tuples(st.sampled_from(CARRIERS), st.sampled_from(USERS)), min_size=0, max_size=2
)
askings = st.builds(Asking, carried, st.sampled_from([PATH, ELSEWHERE]), st.booleans())
changes = st.builds(
    Change,
    st.sampled_from(["wait", "drop", "revoke", "grant", "change"]),
    st.sampled_from(USERS[:2]),
    st.floats(0, 12),
)
turns = st.tuples(st.lists(changes, max_size=2), st.lists(askings, min_size=1, max_size=5))


def credentials(
    carried: Carried,
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    headers: dict[bytes, bytes] = {}
    query: list[bytes] = []
    for (names, parameter), user in carried:
        headers |= {name: value.replace(b"%s", user + b"-key") for name, value in names}
        query += [parameter.replace(b"%s", user + b"-key")] if parameter else []
    return list(headers.items()), b"&".join(query)


@settings(max_examples=100, deadline=None)
@given(st.lists(turns, max_size=10))
def test_nobody_ever_sees_what_immich_would_not_show(
    script: list[tuple[list[Change], list[Asking]]],
) -> None:
    async def play() -> None:
        played = Play()
        for happening, asking in script:
            for one in happening:
                played.change(one)
            await played.ask(asking)

    asyncio.run(play())


class Play:
    """A world with what is known of it, so that each answer can be judged."""

    def __init__(self) -> None:
        self.world = world(size=8000)
        self.revoked = dict.fromkeys(USERS[:2], -99.0)

    def change(self, change: Change) -> None:
        immich, key = self.world.immich, change.user + b"-key"
        if change.what == "wait":
            self.world.clock.now += change.seconds
        elif change.what == "drop":
            self.world.cache.drop([ASSET])
        elif change.what == "change":
            immich.version += 1
        elif change.what == "grant":
            immich.users[key] = change.user
        elif immich.users.pop(key, None):
            self.revoked[change.user] = self.world.clock.now

    async def ask(self, askings: list[Asking]) -> None:
        """Ask all at once, and judge every answer."""
        await asyncio.gather(*(self._ask(one) for one in askings))

    async def _ask(self, asking: Asking) -> None:
        w = self.world
        headers, query = credentials(asking.carried)
        condition = [etag(w.immich.version)] if asking.conditional else []
        # Whom Immich took the request to be from if it knew everybody
        everybody = Pictures({b"anna-key": b"anna", b"ben-key": b"ben"})
        user = everybody.user({"headers": headers, "query_string": query})
        got = await w.get([*headers, *condition], asking.path, query)
        check(got, user, asking.path + b"?" + query)
        if user is not None and user + b"-key" not in w.immich.users:
            late = w.clock.now - self.revoked[user] >= 10.0
            assert got.status == 401 or not late, "still seen after the seconds"


def check(got: Got, user: bytes | None, address: bytes) -> None:
    assert got.whole
    if user is None:
        assert got.status == 401
    elif got.status == 200:
        assert got.body.startswith(b"%b sees %b in version " % (user, address))
        assert got.header(b"content-length") == b"%d" % len(got.body)
    else:
        assert got.status in {304, 401}
        assert got.status == 401 or got.body == b""
