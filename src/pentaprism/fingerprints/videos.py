"""Videos, seen in a few of their frames, which FFmpeg decodes through PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from pentaprism.fingerprints.fingerprint import FLAT, Fingerprint, Origin
from pentaprism.fingerprints.opening import MOST_PIXELS, Opened, UnreadableError
from pentaprism.fingerprints.phash import phash
from pentaprism.fingerprints.symmetries import swaps, turn

PERCENT = (10, 30, 50, 70, 90)
"""Where in a video its frames are looked at."""

_SIDE = 96  # pixels of the shorter side of what is hashed
_PIXELS_A_FRAME = 120_000_000
"""How much is decoded to come from a key frame to where we look; beyond, the key frame counts."""

_MOST_PACKETS = 5000  # without a frame among them
_MILLISECONDS = 1000
_TURNS = {90: 7, 180: 2, 270: 5}
"""Symmetries by what PyAV calls the rotation of a frame: degrees counterclockwise."""


def look(file: Opened, origin: Origin) -> Fingerprint:
    """Return the duration of a video and the hashes of its frames that are neither black nor flat.

    Frames of the same moments are hashed however a video is coded, unless its key frames are far
    apart. Raises `UnreadableError`.
    """
    try:
        # The format is told and never guessed, because some that FFmpeg guesses are lists of other
        # files and of addresses on the network.
        with av.open(
            file.name, format=file.demuxer, options={"protocol_whitelist": "file"}
        ) as container:
            stream = next(filter(_is_shown, container.streams.video), None)
            if stream is None:
                raise UnreadableError("unsupported")
            if stream.codec_context.width * stream.codec_context.height > MOST_PIXELS:
                raise UnreadableError("too_large")
            return _fingerprint(container, stream, origin)
    except (av.FFmpegError, ValueError, EOFError, OverflowError) as error:
        raise UnreadableError("damaged") from error
    except MemoryError as error:
        raise UnreadableError("too_large") from error


def _is_shown(stream: VideoStream) -> bool:
    cover = bool(stream.disposition & Disposition.attached_pic)
    return stream.codec_context.width > 0 and not cover


def _fingerprint(container: InputContainer, stream: VideoStream, origin: Origin) -> Fingerprint:
    duration = _duration(container, stream)
    hashes: list[int] = []
    symmetry = 0
    seen = False
    for frame in _frames(container, stream, duration):
        seen = True
        symmetry = _TURNS.get(round(frame.rotation) % 360, 0)
        hashed = phash(turn(_grey(frame), symmetry))
        if hashed.content >= FLAT:
            hashes.append(hashed.phash)
    if not seen:
        raise UnreadableError("damaged")
    width, height = stream.codec_context.width, stream.codec_context.height
    return Fingerprint(
        width=height if swaps(symmetry) else width,
        height=width if swaps(symmetry) else height,
        duration_ms=None if duration is None else round(duration * _MILLISECONDS),
        frames=tuple(hashes),
        origin=origin,
    )


def _duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    if container.duration:
        return Fraction(container.duration, av.time_base)
    return None


def _frames(
    container: InputContainer, stream: VideoStream, duration: Fraction | None
) -> Iterator[VideoFrame]:
    """Yield the frames to look at; of a video that does not tell how long it is, the first."""
    stream.codec_context.thread_count = 1
    if duration is None or not stream.time_base:
        frame = next(_decoded(container, stream), None)
        if frame is not None:
            yield frame
        return
    start = stream.start_time or 0
    for percent in PERCENT:
        at = start + int(duration * percent / 100 / stream.time_base)
        try:
            container.seek(at, stream=stream)
            frame = _frame_at(container, stream, at)
        except av.FFmpegError:  # the rest may be whole
            continue
        if frame is not None:
            yield frame


def _frame_at(container: InputContainer, stream: VideoStream, at: int) -> VideoFrame | None:
    """Return the last frame not after ``at``, or the key frame before it where that is far off."""
    first = last = None
    left = _PIXELS_A_FRAME
    for frame in _decoded(container, stream):
        first = first or frame
        if frame.pts is None or (frame.pts > at and last is not None):
            break
        last = frame
        left -= frame.width * frame.height
        if left < 0:
            return first
    return last or first


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    for number, packet in enumerate(container.demux(stream)):
        if number > _MOST_PACKETS:
            return
        yield from stream.codec_context.decode(packet)


def _grey(frame: VideoFrame) -> NDArray[np.uint8]:
    factor = max(1, min(frame.width, frame.height) // _SIDE)
    small = frame.reformat(
        width=max(1, frame.width // factor),
        height=max(1, frame.height // factor),
        format="gray",
        interpolation="AREA",
    )
    return np.asarray(small.to_ndarray(), dtype=np.uint8)
