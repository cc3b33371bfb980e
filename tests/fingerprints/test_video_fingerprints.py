"""Videos: their duration, and the frames of the same moments however they are coded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import media_samples as samples
import numpy as np
import pytest
from av.video.stream import VideoStream
from painted import photo_like
from PIL import Image

from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile
from pentaprism.fingerprints.phash import phash
from pentaprism.fingerprints.taking import take
from pentaprism.groups.files import Kind

SIZE = (192, 144)
RATE = 10


def frame_of(image: Image.Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")


def film(
    path: Path,
    scenes: list[Image.Image],
    *,
    each: int = 10,
    codec: str = "mpeg4",
    gap: int = 12,
    bit_rate: int = 2_000_000,
    turned: int = 0,
) -> PictureFile:
    """Write a video that shows each scene for some frames, with key frames some frames apart."""
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = scenes[0].size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = bit_rate
        stream.gop_size = gap
        stream.time_base = Fraction(1, RATE)
        if turned:
            stream.set_display_rotation(turned)
        for scene in scenes:
            for _ in range(each):
                container.mux(stream.encode(frame_of(scene)))
        container.mux(stream.encode())
    return PictureFile(str(path), Kind.VIDEO)


def scenes(count: int = 5) -> list[Image.Image]:
    return [photo_like(seed, SIZE) for seed in range(count)]


def bits(image: Image.Image) -> int:
    return phash(np.asarray(image.convert("L"))).phash


def off(found: Fingerprint, expected: list[Image.Image]) -> list[int]:
    assert len(found.frames) == len(expected), found
    return [(a ^ bits(image)).bit_count() for a, image in zip(found.frames, expected, strict=True)]


@pytest.mark.parametrize("gap", [1, 12, 100])
@pytest.mark.parametrize("name", ["a.mov", "a.mp4", "a.mkv", "a.avi"])
def test_the_same_moments_are_seen_however_far_key_frames_are_apart(
    name: str, gap: int, tmp_path: Path
) -> None:
    found = take(film(tmp_path / name, scenes(), gap=gap))
    assert max(off(found, scenes())) <= 6
    assert found.duration_ms == pytest.approx(5000, abs=150)
    assert (found.width, found.height) == SIZE
    assert found.phash is None


def test_a_copy_of_less_quality_and_size_shows_the_same(tmp_path: Path) -> None:
    large = take(film(tmp_path / "a.mov", scenes(), gap=12))
    small = [scene.resize((96, 72)) for scene in scenes()]
    copy = take(film(tmp_path / "b.webm", small, codec="libvpx", gap=30, bit_rate=300_000))
    assert len(copy.frames) == len(large.frames)
    for a, b in zip(large.frames, copy.frames, strict=True):
        assert (a ^ b).bit_count() <= 10


def test_black_and_flat_frames_are_left_out(tmp_path: Path) -> None:
    one, two, *_ = scenes()
    shown = [Image.new("RGB", SIZE, "black"), one, Image.new("RGB", SIZE, "white"), two, two]
    found = take(film(tmp_path / "a.mov", shown))
    assert max(off(found, [one, two, two])) <= 6
    black = take(film(tmp_path / "b.mov", [Image.new("RGB", SIZE, "black")]))
    assert (black.frames, black.problem) == ((), None)


@pytest.mark.parametrize(
    ("turned", "transpose"),
    [(90, Image.Transpose.ROTATE_90), (180, Image.Transpose.ROTATE_180),
     (270, Image.Transpose.ROTATE_270), (-90, Image.Transpose.ROTATE_270)],
)  # fmt: skip
def test_a_turned_video_is_seen_upright(
    turned: int, transpose: Image.Transpose, tmp_path: Path
) -> None:
    found = take(film(tmp_path / "a.mov", scenes(), turned=turned))
    expected = [scene.transpose(transpose) for scene in scenes()]
    assert max(off(found, expected)) <= 6
    assert (found.width, found.height) == expected[0].size


def test_a_short_clip_shows_what_it_has(tmp_path: Path) -> None:
    found = take(film(tmp_path / "a.mov", scenes(1), each=1))
    assert found.problem is None
    assert set(found.frames) == {found.frames[0]}


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert take(PictureFile(str(path), Kind.VIDEO)).problem == "unsupported"


def test_a_cut_video_is_damaged(tmp_path: Path) -> None:
    file = film(tmp_path / "a.mov", scenes())
    data = Path(file.path).read_bytes()
    Path(file.path).write_bytes(data[: len(data) // 2])
    assert take(file).problem == "damaged"


def test_lists_of_other_files_are_not_followed(tmp_path: Path) -> None:
    film(tmp_path / "a.mov", scenes(1))
    lists = {
        "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.mov\n#EXT-X-ENDLIST\n",
        "b.mov": "ffconcat version 1.0\nfile a.mov\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        assert take(PictureFile(str(tmp_path / name), Kind.VIDEO)).problem == "unsupported"


def test_a_video_is_a_video_whatever_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(samples.clip())
    found = take(PictureFile(str(path), Kind.IMAGE))
    assert found.duration_ms is not None
    assert found.problem is None
