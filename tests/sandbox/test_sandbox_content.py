from __future__ import annotations

import hashlib
import io
import random
from datetime import datetime

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pentaprism.sandbox.immich.content import Content, Marked, Stretched, Template, Whole, read
from pentaprism.sandbox.immich.marking import MARKER_LENGTH, stretched_head, template
from pentaprism.sandbox.immich.pictures import photo

FILLER = random.Random(1).randbytes(4096)
TAKEN = datetime.fromisoformat("2020-01-02T03:04:05")
KINDS = ("jpeg", "png", "heic", "dng", "mov", "mp4")


def contents() -> st.SearchStrategy[Content]:
    some = st.binary(max_size=300)
    return st.one_of(
        st.builds(Whole, some),
        st.builds(lambda a, b, m: Marked(Template(a, b, lambda x: b"<" + x), m), some, some, some),
        st.builds(
            lambda head, block, more: Stretched(head, block, len(head) + more),
            some,
            st.binary(min_size=1, max_size=50),
            st.integers(0, 500),
        ),
    )


@given(contents(), st.integers(0, 900), st.integers(0, 900))
def test_a_content_agrees_with_itself(content: Content, start: int, length: int) -> None:
    data = read(content)
    assert len(data) == content.size
    assert hashlib.sha1(data).digest() == content.sha1
    stop = min(start + length, content.size)
    assert read(content, start, stop) == data[start:stop]


def decodes(kind: str, data: bytes) -> bool:
    if kind in ("mov", "mp4"):
        with av.open(io.BytesIO(data), "r") as container:
            return len(list(container.decode(video=0))) > 0
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.getextrema() is not None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [None, 65_536, 200_003, 1 << 20])
def test_marked_and_padded_files_are_valid(kind: str, size: int | None) -> None:
    made = template(kind, photo(kind, 1, 0, TAKEN), size, FILLER)
    one, other = Marked(made, b"1" * MARKER_LENGTH), Marked(made, b"2" * MARKER_LENGTH)
    assert one.sha1 != other.sha1
    assert one.size == other.size
    assert size is None or one.size == size
    assert decodes(kind, read(one))


@given(st.integers(5_000, 400_000))
def test_a_jpeg_is_padded_to_any_size(size: int) -> None:
    made = template("jpeg", photo("jpeg", 1, 0, TAKEN), size, FILLER)
    content = Marked(made, bytes(MARKER_LENGTH))
    assert content.size == size
    assert decodes("jpeg", read(content))


def test_a_size_below_the_file_leaves_it_as_it_is() -> None:
    data = photo("jpeg", 1, 0, TAKEN)
    small = Marked(template("jpeg", data, 10, FILLER), bytes(MARKER_LENGTH))
    assert small.size == len(data) + MARKER_LENGTH + 4


def test_a_stretched_clip_is_still_a_clip() -> None:
    clip = photo("mp4", 1, 0, TAKEN)
    content = Stretched(stretched_head(clip, 3_000_000), FILLER, 3_000_000)
    assert decodes("mp4", read(content))


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_come_from_seed_and_number(kind: str) -> None:
    again = photo.__wrapped__(kind, 1, 0, TAKEN, None)
    assert again == photo(kind, 1, 0, TAKEN)
    assert again != photo(kind, 1, 1, TAKEN)
    assert again != photo(kind, 2, 0, TAKEN)


def test_a_jpeg_has_its_date_and_place() -> None:
    data = photo("jpeg", 1, 0, TAKEN, (48.85, -2.35))
    with Image.open(io.BytesIO(data)) as image:
        exif = image.getexif()
        assert exif[0x0132] == "2020:01:02 03:04:05"
        place = exif.get_ifd(0x8825)
    degrees = [float(part) for part in place[4]]
    assert place[3] == "W"
    assert degrees == pytest.approx([2, 21, 0], abs=0.01)
