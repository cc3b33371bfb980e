from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.gateway.cache.policy import (
    MOST_BODY,
    lifetime_of,
    lifetime_said,
    may_keep,
    not_modified,
    read_wish,
    subject_of,
)

ID = b"0f8b1b1e-5a9c-4f0e-9d35-2a4a3a0c1d01"
IMMICH = b"private, max-age=86400, no-transform, stale-while-revalidate=2592000"


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("GET", b"/api/assets/%b/thumbnail" % ID, True),
        ("HEAD", b"/api/assets/%b/thumbnail" % ID, True),
        ("GET", b"/api/assets/%b/original" % ID, True),
        ("GET", b"/api/people/%b/thumbnail" % ID, True),
        ("GET", b"/api/assets/%b/thumbnail" % ID.upper(), True),
        ("POST", b"/api/assets/%b/thumbnail" % ID, False),
        ("GET", b"/api/people/%b/original" % ID, False),
        ("GET", b"/api/users/%b/profile-image" % ID, False),  # Immich does not call it private
        ("GET", b"/api/assets/%b/video/playback" % ID, False),
        ("GET", b"/api/assets/%b" % ID, False),
        ("GET", b"/api/assets/%b/thumbnail/" % ID, False),
        ("GET", b"/api/assets/%b/thumbnail\n" % ID, False),
        ("GET", b"/api/assets/../%b/thumbnail" % ID, False),
        ("GET", b"/api//assets/%b/thumbnail" % ID, False),
        ("GET", b"/api/assets/%b/%%74humbnail" % ID, False),
        ("GET", b"/API/assets/%b/thumbnail" % ID, False),
        ("GET", b"/x/api/assets/%b/thumbnail" % ID, False),
        ("GET", b"http://elsewhere/api/assets/%b/thumbnail" % ID, False),
    ],
)
def test_only_pictures_that_are_spelled_as_immich_does_may_be_kept(
    method: str, path: bytes, may: bool
) -> None:
    assert may_keep(method, path) is may


def test_the_id_is_one_in_whatever_case_it_is_spelled() -> None:
    assert subject_of(b"/api/assets/%b/thumbnail" % ID.upper()) == ID


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        (IMMICH, 10.0),
        (b"private, max-age=3", 3.0),
        (b"max-age=3,private", 3.0),
        (b"Private, Max-Age=3", 3.0),
        (b'private, max-age="3"', 3.0),
        (b"private", 0.0),
        (b"private, no-cache, no-transform", 0.0),
        (b"private, max-age=3, no-cache", 0.0),
        (b'private, max-age=3, no-cache="x"', 0.0),
        (b"private, max-age=3, max-age=9", 0.0),
        (b"private, max-age=-1", 0.0),
        (b"private, max-age=x", 0.0),
        (b"private, max-age", 0.0),
        (b"private, max-age=99999999999999", 0.0),
        (b'private, a="b, max-age=9"', 0.0),
        (b"public, max-age=3", None),
        (b"max-age=3", None),
        (b"", None),
        (b"private, no-store, max-age=3", None),
        (b'private="x", max-age=3', None),
        (b"private max-age=3", None),
        (b'private, a="b', None),
        (b"private, =", None),
    ],
)
def test_cache_control_is_read_so_that_what_is_not_clear_is_not_fresh(
    control: bytes, seconds: float | None
) -> None:
    assert lifetime_said(control, 10.0) == seconds


def reply(*extra: tuple[bytes, bytes], **changed: bytes) -> list[tuple[bytes, bytes]]:
    headers = {"Content-Type": b"image/webp", "Content-Length": b"9", "Cache-Control": IMMICH}
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return [*((name.encode(), value) for name, value in headers.items() if value), *extra]


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (200, reply(), 10.0),
        (200, reply((b"Vary", b"Accept-Encoding, Origin")), 10.0),
        (200, reply(Content_Length=b"%d" % MOST_BODY), 10.0),
        (200, reply(Content_Length=b"%d" % (MOST_BODY + 1)), None),
        (200, reply(Content_Length=b""), None),
        (200, reply(Content_Length=b"1_0"), None),
        (200, reply((b"content-length", b"9")), None),
        (200, reply((b"Transfer-Encoding", b"chunked")), None),
        (200, reply(Content_Type=b"application/json"), None),
        (200, reply(Content_Type=b"video/mp4"), None),
        (200, reply((b"Content-Type", b"text/html")), None),
        (200, reply((b"Vary", b"*")), None),
        (200, reply((b"Vary", b"Accept"), (b"vary", b"Cookie")), None),
        (200, reply((b"Set-Cookie", b"a=b")), None),
        (200, reply((b"Content-Range", b"bytes 0-8/9")), None),
        (200, reply((b"cache-control", b"no-store")), None),
        (203, reply(), None),
        (206, reply(), None),
        (304, reply(), None),
        (401, reply(), None),
        (404, reply(), None),
    ],
)
def test_only_whole_small_private_pictures_are_kept(
    status: int, headers: list[tuple[bytes, bytes]], seconds: float | None
) -> None:
    assert lifetime_of(status, headers, 10.0) == seconds
    assert lifetime_of(status, headers, 0.0) is None


@pytest.mark.parametrize(
    ("headers", "bypass", "reload"),
    [
        ([], False, False),
        ([(b"content-length", b"0")], False, False),
        ([(b"cache-control", b"no-transform")], False, False),
        ([(b"cache-control", b"no-cache")], True, True),
        ([(b"pragma", b"no-cache")], True, True),
        ([(b"cache-control", b"max-age=0")], True, True),
        ([(b"cache-control", b"no-store")], True, False),
        ([(b"cache-control", b"only-if-cached")], True, False),
        ([(b"cache-control", b'"')], True, True),
        ([(b"range", b"bytes=0-1")], True, False),
        ([(b"if-range", b'"a"')], True, False),
        ([(b"if-match", b'"a"')], True, False),
        ([(b"if-unmodified-since", b"x")], True, False),
        ([(b"content-length", b"1")], True, False),
        ([(b"transfer-encoding", b"chunked")], True, False),
    ],
)
def test_a_request_that_wants_more_than_a_plain_reply_is_for_immich(
    headers: list[tuple[bytes, bytes]], bypass: bool, reload: bool
) -> None:
    wish = read_wish(headers)
    assert (wish.bypass, wish.reload) == (bypass, reload)


def test_what_a_server_may_choose_by_is_told_apart() -> None:
    one = read_wish([(b"accept", b"a"), (b"accept-encoding", b"b"), (b"origin", b"c")])
    assert one.chooses == (b"a", b"b", b"c")
    twice = read_wish([(b"accept", b"a"), (b"accept", b"b")])
    assert twice.chooses != read_wish([(b"accept", b"a, b")]).chooses


DAY = b"Sat, 21 Nov 2026 01:24:17 GMT"


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        ({b"if-none-match": b'W/"a"'}, True),
        ({b"if-none-match": b'"a"'}, True),
        ({b"if-none-match": b'"b", W/"a"'}, True),
        ({b"if-none-match": b"*"}, True),
        ({b"if-none-match": b'"b"'}, False),
        ({b"if-none-match": b"a"}, False),
        ({b"if-none-match": b'"b"', b"if-modified-since": DAY}, False),
        ({b"if-modified-since": DAY}, True),
        ({b"if-modified-since": b"Sun, 22 Nov 2026 01:24:17 GMT"}, True),
        ({b"if-modified-since": b"Fri, 20 Nov 2026 01:24:17 GMT"}, False),
        ({b"if-modified-since": b"yesterday"}, False),
        ({b"if-modified-since": b"\xff"}, False),
        ({}, False),
    ],
)
def test_what_the_client_has_is_compared_as_http_says(
    condition: dict[bytes, bytes], same: bool
) -> None:
    assert not_modified(read_wish(list(condition.items())), b'W/"a"', DAY) is same


def test_nothing_is_the_same_as_what_has_no_validator() -> None:
    wish = read_wish([(b"if-none-match", b'"a"')])
    assert not not_modified(wish, None, DAY)
    assert not not_modified(read_wish([(b"if-modified-since", DAY)]), b'"a"', None)


words = st.text(string.ascii_letters + string.digits + ' ,;="\\-/*\t', max_size=40)


@given(words)
def test_no_cache_control_makes_a_reply_usable_for_longer_than_the_setting(text: str) -> None:
    seconds = lifetime_said(text.encode(), 10.0)
    assert seconds is None or 0.0 <= seconds <= 10.0
    if seconds is not None:
        assert "private" in text.lower()
    if seconds:
        assert "max-age" in text.lower()


@given(words, words)
def test_conditions_of_any_kind_are_read(one: str, other: str) -> None:
    wish = read_wish([(b"if-none-match", one.encode()), (b"if-none-match", other.encode())])
    same = not_modified(wish, b'"an-etag-that-is-too-long-to-be-met-by-chance-in-there"', None)
    assert same == ((one + ", " + other).strip() == "*")
