"""Videos that are alike: as long as one another, and showing the same in their frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pentaprism.duplicates.distinct import Pairs, distinct_pairs, joined

DISTANCE = 10
"""In how many bits the frames of two videos may differ."""

TOLERANCE_MS = 1000
"""By how much the lengths of two videos may differ, or by `TOLERANCE` of the longer one."""

TOLERANCE = 0.02


_FAR = 255
_AT_ONCE = 1 << 14


@dataclass(frozen=True, slots=True)
class Video:
    """How long a video is, and the hashes of its frames in their order, as in `Fingerprint`."""

    duration_ms: int
    frames: tuple[int, ...]


def video_pairs(videos: Sequence[Video], distance: int = DISTANCE) -> Pairs:
    """Return the pairs of videos that are alike, in the order of their places.

    Their lengths are the same within `TOLERANCE_MS` or `TOLERANCE`. Each frame of the one with
    fewer frames is held against that of the other which is the most like it: more than half of them
    must be within ``distance``. The distance of the pair is the median of theirs, the greater one
    of two; of two videos with as many frames, the greater of both ways.

    Frames are searched as pictures are, so that many videos of the same length, or with the same
    beginning, do not have to be compared one with another.
    """
    durations = np.array([video.duration_ms for video in videos], np.int64)
    table = _Frames(videos)
    return joined(
        _alike(left, right, table, distance)
        for left, right in _candidates(videos, durations, distance)
    )


class _Frames:
    """The hashes of all videos, a row for each, and how many of a row count."""

    def __init__(self, videos: Sequence[Video]) -> None:
        self.counts = np.array([len(video.frames) for video in videos], np.int64)
        self.hashes = np.zeros((len(videos), max(self.counts, default=0)), np.uint64)
        for row, video in zip(self.hashes, videos, strict=True):
            row[: len(video.frames)] = video.frames


def _candidates(
    videos: Sequence[Video], durations: NDArray[np.int64], distance: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield pairs of about the same length that have a near frame, each pair once, in order."""
    owners = np.repeat(np.arange(len(videos)), [len(video.frames) for video in videos])
    frames = np.fromiter((frame for video in videos for frame in video.frames), np.uint64)
    parts = []
    for part in distinct_pairs(frames, distance).expanded():
        one, other = owners[part.left], owners[part.right]
        longer = np.maximum(durations[one], durations[other])
        close = np.abs(durations[one] - durations[other]) <= np.maximum(
            TOLERANCE_MS, longer * TOLERANCE
        )
        close &= one != other
        parts.append(np.unique(one[close] * len(videos) + other[close]))
    known = np.unique(np.concatenate([np.empty(0, np.int64), *parts]))
    for start in range(0, len(known), _AT_ONCE):
        left, right = np.divmod(known[start : start + _AT_ONCE], len(videos))
        yield left, right


def _alike(
    left: NDArray[np.int64], right: NDArray[np.int64], frames: _Frames, distance: int
) -> Pairs:
    """Return those of the candidates that are alike."""
    bits = np.bitwise_count(frames.hashes[left, :, None] ^ frames.hashes[right, None, :])
    bits[_beyond(frames, left)] = _FAR
    bits.swapaxes(1, 2)[_beyond(frames, right)] = _FAR
    of_left, of_right = np.sort(bits.min(axis=2), axis=1), np.sort(bits.min(axis=1), axis=1)
    less, more = frames.counts[left], frames.counts[right]
    median = np.where(
        less == more,
        np.maximum(_median(of_left, less), _median(of_right, more)),
        np.where(less < more, _median(of_left, less), _median(of_right, more)),
    ).astype(np.uint8)
    alike = median <= distance
    return Pairs(left[alike].astype(np.int32), right[alike].astype(np.int32), median[alike])


def _beyond(frames: _Frames, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.arange(frames.hashes.shape[1]) >= frames.counts[rows, None]


def _median(ascending: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the middle one of the first ``counts`` of each row, the upper of two."""
    return np.take_along_axis(ascending, counts[:, None] // 2, axis=1)[:, 0]
