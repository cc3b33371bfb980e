"""What a 304 means for the reply that it is about."""

from __future__ import annotations

from pentaprism.gateway.cache.kept import Kept
from pentaprism.gateway.cache.renewal import asking_whether, renewed_by

HEADERS = [
    (b"Cache-Control", b"private, max-age=86400"),
    (b"Date", b"Sat, 21 Nov 2026 16:58:39 GMT"),
    (b"Link", b"<a>"),
    (b"Content-Type", b"image/webp"),
    (b"link", b"<b>"),
    (b"ETag", b'W/"1"'),
    (b"Content-Length", b"5"),
]
KEPT = Kept(b"id", HEADERS, b"bytes", asked=1.0, lifetime=2.0)


def test_headers_of_the_304_take_the_place_of_those_before() -> None:
    said = [
        (b"etag", b'W/"1"'),
        (b"date", b"Sat, 21 Nov 2026 17:58:39 GMT"),
        (b"Link", b"<c>"),
        (b"Content-Length", b"0"),
        (b"X-New", b"1"),
    ]
    renewed = renewed_by(KEPT, said, 7.0, 10.0)
    assert renewed is not None
    assert renewed.headers == [
        (b"Cache-Control", b"private, max-age=86400"),
        (b"date", b"Sat, 21 Nov 2026 17:58:39 GMT"),
        (b"Link", b"<c>"),
        (b"Content-Type", b"image/webp"),
        (b"etag", b'W/"1"'),
        (b"Content-Length", b"5"),
        (b"X-New", b"1"),
    ]
    assert (renewed.content, renewed.asked, renewed.lifetime) == (b"bytes", 7.0, 10.0)


def test_a_304_about_another_reply_renews_nothing() -> None:
    assert renewed_by(KEPT, [(b"ETag", b'W/"2"')], 7.0, 10.0) is None


def test_a_304_may_shorten_the_time_or_forbid_keeping() -> None:
    shorter = renewed_by(KEPT, [(b"cache-control", b"private, max-age=1")], 7.0, 10.0)
    assert shorter is not None
    assert shorter.lifetime == 1.0
    assert renewed_by(KEPT, [(b"cache-control", b"private, no-store")], 7.0, 10.0) is None


def test_immich_is_asked_about_what_is_kept_and_nothing_else() -> None:
    asked = [(b"accept", b"*/*"), (b"if-none-match", b'"0", "1"'), (b"if-modified-since", b"x")]
    validator = KEPT.validator
    assert validator == (b"if-none-match", b'W/"1"')
    scope = {"method": "GET", "headers": asked}
    assert asking_whether(scope, validator)["headers"] == [(b"accept", b"*/*"), validator]
    assert scope["headers"] is asked


def test_without_an_etag_the_time_is_asked_for() -> None:
    dated = Kept(b"id", [(b"Last-Modified", b"then")], b"", asked=0.0, lifetime=0.0)
    assert dated.validator == (b"if-modified-since", b"then")
    assert Kept(b"id", [], b"", asked=0.0, lifetime=0.0).validator is None
