"""Reads one file, whatever it turns out to be."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace

from pentaprism.groups.files import Kind
from pentaprism.groups.kinds import kind_of
from pentaprism.library.metadata import formats
from pentaprism.library.metadata.exiftool import ExifTool
from pentaprism.library.metadata.formats import By, Format
from pentaprism.library.metadata.mime_types import mime_type_of
from pentaprism.library.reading import Reading

_TIFF = "image/tiff"
_PROBLEMS = {
    errno.ENOENT: "vanished",
    errno.ENOTDIR: "vanished",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.ENXIO: "not_a_file",  # a socket
}


def read_file(path: str, tool: ExifTool) -> Reading:
    """Return what the file at ``path`` tells of itself; a `Reading` with a problem if it cannot.

    Sidecars and files of other kinds are not opened: nothing in them is about a shot.
    """
    by_ending = mime_type_of(path)
    kind = kind_of(path.rpartition("/")[2])
    if kind in {Kind.SIDECAR, Kind.OTHER}:
        return Reading(mime_type=by_ending)
    try:
        # Not waiting for a writer, should it be a FIFO.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return Reading(mime_type=by_ending, problem=_PROBLEMS.get(error.errno or 0, "unreadable"))
    except ValueError:  # a NUL in the name: no file can have it
        return Reading(mime_type=by_ending, problem="vanished")
    try:
        return _read_open(path, fd, kind, tool)
    except OSError:
        return Reading(mime_type=by_ending, problem="unreadable")
    finally:
        os.close(fd)


def _read_open(path: str, fd: int, kind: Kind, tool: ExifTool) -> Reading:
    by_ending = mime_type_of(path)
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        return Reading(mime_type=by_ending, problem="not_a_file")
    if not status.st_size:
        return Reading(mime_type=by_ending, problem="empty")
    found = formats.format_of(os.pread(fd, formats.HEAD, 0))
    reading = _by_library(fd, found, status.st_size)
    # RAW files and videos always have a time of capture; pictures often have none.
    if reading is None or (reading.taken_at is None and kind in {Kind.RAW, Kind.VIDEO}):
        reading = _filled(reading, tool.read(path))
    if reading is None:
        known = by_ending if found is None else found.by is not By.EXIFTOOL
        return Reading(mime_type=by_ending, problem="damaged" if known else "unsupported")
    plain = found is None or found.mime_type == _TIFF  # exiv2 tells many a RAW format from TIFF
    by_content = reading.mime_type if found is None or plain else found.mime_type
    return replace(reading, mime_type=_dialect(by_content, by_ending))


def _by_library(fd: int, found: Format | None, size: int) -> Reading | None:
    """Let the library that knows the format read it; each is loaded when it is first needed.

    They open the file by its descriptor's name, which any file has, even one whose own name is not
    UTF-8, and which leads to the file that was looked at and not to one put in its place.
    """
    from pentaprism.library.metadata.pictures import (  # noqa: PLC0415
        UnreadableError,
        read_cr3,
        read_picture,
    )

    name = f"/dev/fd/{fd}"
    by = found.by if found else By.EXIV2
    if by is By.EXIFTOOL:
        return None
    try:
        if by is By.CR3:
            return read_cr3(fd, size)
        if by is By.JXL:
            from pentaprism.library.metadata.jxl import read_jxl  # noqa: PLC0415

            return read_jxl(fd, size)
        if found is not None and by is By.VIDEO:
            from pentaprism.library.metadata.videos import read_video  # noqa: PLC0415

            return read_video(name, fd, size, found.demuxer)
        return read_picture(name, fd)
    except UnreadableError:
        return None


def _filled(reading: Reading | None, more: Reading | None) -> Reading | None:
    """Return ``reading`` with what only ``more`` knows."""
    if reading is None or more is None:
        return reading or more
    dated = more if more.taken_at is not None else reading
    return replace(
        reading,
        taken_at=dated.taken_at,
        precision=dated.precision,
        in_utc=dated.in_utc,
        camera=reading.camera or more.camera,
        content_identifier=reading.content_identifier or more.content_identifier,
        burst_id=reading.burst_id or more.burst_id,
        width=reading.width or more.width,
        height=reading.height or more.height,
    )


def _dialect(mime_type: str | None, by_ending: str | None) -> str | None:
    """Return the media type; many RAW formats look like TIFF, and only the ending tells which."""
    if mime_type in {None, _TIFF} and by_ending is not None:
        return by_ending if mime_type is None or by_ending.startswith("image/x-") else mime_type
    if mime_type == "video/mp4" and by_ending in {"video/x-m4v", "video/3gpp"}:
        return by_ending
    return mime_type
