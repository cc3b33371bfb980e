"""Videos, read by FFmpeg through PyAV: MOV and MP4 above all, and what else cameras wrote."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from pentaprism.groups.files import Precision
from pentaprism.library.metadata.boxes import of_kind
from pentaprism.library.metadata.cameras import camera_name, text
from pentaprism.library.metadata.pictures import UnreadableError
from pentaprism.library.metadata.times import Moment, dated, moment
from pentaprism.library.reading import Reading

_WALL_CLOCK = ("com.apple.quicktime.creationdate", "date")
_MAKES = ("com.apple.quicktime.make", "com.android.manufacturer", "make")
_MODELS = ("com.apple.quicktime.model", "com.android.model", "model")
_NO_CLOCK = {1904, 1970}  # the years that the two epochs in use begin with
_MOST_HEADER = 256
_MATRIX = struct.Struct(">ii4xii4x4x4x4xI")
_MATRIX_AT = 40
_LONGER_TIMES = 12  # in the second version of a track header
_ORIENTATIONS = {
    (1, 0, 0, 1): 1, (-1, 0, 0, 1): 2, (-1, 0, 0, -1): 3, (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5, (0, 1, -1, 0): 6, (0, -1, -1, 0): 7, (0, -1, 1, 0): 8,
}  # fmt: skip
"""Orientations by the signs of a track's matrix."""

_LONGEST_ID = 200


def read_video(path: str, fd: int, size: int, demuxer: str) -> Reading:
    """Return what a video says, which is open as ``fd`` too.

    Raises `UnreadableError` where FFmpeg cannot open it.

    The format is told and never guessed, because some that FFmpeg guesses are lists of other files
    and of addresses on the network.
    """
    try:
        with av.open(
            path,
            format=demuxer,
            options={"protocol_whitelist": "file"},
        ) as container:
            found = _reading(container)
    except (av.FFmpegError, ValueError, EOFError) as error:
        raise UnreadableError(str(error)) from error
    return replace(found, orientation=_orientation(fd, size) if demuxer == "mov" else None)


def _reading(container: InputContainer) -> Reading:
    said = container.metadata
    stream = next((s for s in container.streams.video if _is_picture(s)), None)
    found = Reading(
        camera=camera_name(_first(said, _MAKES), _first(said, _MODELS)),
        content_identifier=text(said.get("com.apple.quicktime.content.identifier"))[:_LONGEST_ID]
        or None,
        width=(stream.codec_context.width or None) if stream else None,
        height=(stream.codec_context.height or None) if stream else None,
    )
    return dated(found, _taken(said))


def _is_picture(stream: VideoStream) -> bool:
    return stream.codec_context.width > 0


def _taken(said: Mapping[str, str]) -> Moment | None:
    """Return wall-clock time where it is told, else the time in the header, which is UTC."""
    for name in _WALL_CLOCK:
        found = moment(said.get(name, ""))
        if found and found.precision is not Precision.DAY:  # the header knows better than a day
            return found
    seconds = said.get("creation_time", "").partition(".")[0]  # FFmpeg adds decimals of its own
    found = moment(f"{seconds}Z")
    return None if found is None or found.taken_at.year in _NO_CLOCK else found


def _first(said: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((said[name] for name in names if said.get(name)), None)


def _orientation(fd: int, size: int) -> int:
    """Return the orientation, as EXIF counts it, of the first track that has a picture.

    PyAV has no word for it. The layout is that of the track header in ISO/IEC 14496-12; what is no
    such file, or is turned by other angles, is 1: as stored.
    """
    for moov in of_kind(fd, b"moov", 0, size):
        for track in of_kind(fd, b"trak", moov.start, moov.end):
            for header in of_kind(fd, b"tkhd", track.start, track.end):
                data = header.read(fd, most=_MOST_HEADER)
                at = _MATRIX_AT + (_LONGER_TIMES if data[:1] == b"\1" else 0)
                if len(data) < at + _MATRIX.size:
                    continue
                a, b, c, d, width = _MATRIX.unpack_from(data, at)
                if width:
                    return _ORIENTATIONS.get((_sign(a), _sign(b), _sign(c), _sign(d)), 1)
    return 1


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
