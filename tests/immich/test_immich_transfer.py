"""The state of a transfer against every kind of server, bad ones included."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from pentaprism.immich.transfer import OtherBytesError, Transfer


@dataclass(frozen=True)
class Version:
    data: bytes
    etag: str | None


VERSIONS = st.builds(Version, st.binary(min_size=1, max_size=40), st.none() | st.just('"e"'))
STEPS = st.tuples(
    st.integers(0, 1),  # the version on the server
    st.sampled_from(["part", "whole", "shifted", "unknown total", "no such range"]),
    st.integers(0, 50),  # bytes until the connection breaks
)


def answer(version: Version, way: str, asked: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    data, size = version.data, len(version.data)
    etag = {"etag": version.etag} if version.etag else {}
    start = int(asked["Range"][6:-1]) if "Range" in asked else None
    same = asked.get("If-Range", version.etag) == version.etag
    if start is None or way == "whole" or not same:
        return 200, {"content-length": str(size), **etag}, data
    if start >= size or way == "no such range":
        return 404, {"content-range": f"bytes */{size}", **etag}, b""
    if way == "shifted":
        start = max(0, start - 1)
    total = "*" if way == "unknown total" else str(size)
    part = f"bytes {start}-{size - 1}/{total}"
    return 206, {"content-range": part, "content-length": str(size - start), **etag}, data[start:]


@given(st.tuples(VERSIONS, VERSIONS), st.lists(STEPS, max_size=30))
def test_what_is_complete_is_one_version(
    versions: tuple[Version, Version], steps: list[tuple[int, str, int]]
) -> None:
    # Two versions that nothing but their bytes tells apart cannot be told apart on the way.
    first, second = versions
    second = Version(second.data, '"other"' if first.etag else None)
    if first.etag is None and len(first.data) == len(second.data):
        second = first
    transfer = Transfer()
    held = bytearray()
    for number, way, cut in steps:
        status, headers, body = answer((first, second)[number], way, transfer.headers())
        try:
            assert transfer.accept(status, headers)
        except OtherBytesError:
            assert transfer.position == 0
            continue
        del held[transfer.position :]
        held += body[:cut]
        transfer.feed(body[:cut])
        if len(body) <= cut:
            transfer.end()
        if transfer.complete:
            assert bytes(held) in (first.data, second.data)
            assert transfer.digest == hashlib.sha1(held).digest()
            return
    assert not transfer.complete


def test_a_status_without_a_body_is_not_accepted() -> None:
    assert not Transfer().accept(404, {})
    assert not Transfer().accept(206, {"content-range": "bytes 0-1/2"})
    assert not Transfer().accept(503, {})
