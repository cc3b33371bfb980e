"""What an error of the operating system means to a person, and whether the run can go on."""

from __future__ import annotations

import errno
import os

from pentaprism.errors import ActionRequiredError, PentaprismError, PermanentError, RetryableError

_STOPS: dict[int, tuple[str, str, str]] = {
    errno.ENOSPC: (
        "disk_full",
        "The disk is full",
        "Make room, or move the mirror to a larger disk; then run it again.",
    ),
    errno.EDQUOT: (
        "disk_full",
        "The disk quota is used up",
        "Make room or have the quota raised; then run it again.",
    ),
    errno.EROFS: (
        "read_only",
        "The disk is mounted read-only",
        "Check the disk for errors, mount it for writing, and run the mirror again.",
    ),
    **dict.fromkeys(
        (errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESTALE, errno.ESHUTDOWN),
        (
            "disk_gone",
            "The disk does not answer any more",
            "Connect or mount the disk again, and run the mirror again.",
        ),
    ),
}
"""Faults of the whole disk: a code, a sentence, a hint. They stop the run."""

_FILES: dict[int, tuple[str, str, str]] = {
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM),
        (
            "no_permission",
            "The system does not permit it",
            "Let this user read and write the folder and everything in it.",
        ),
    ),
    **dict.fromkeys(
        (errno.ENOTDIR, errno.ELOOP),
        (
            "not_a_folder",
            "A link or a file stands where a folder should be; links are not followed",
            "Put a real folder there, or choose another path template.",
        ),
    ),
    errno.ENAMETOOLONG: (
        "name_too_long",
        "The name is too long for this disk",
        "Choose a shorter path template.",
    ),
    errno.EXDEV: (
        "other_filesystem",
        "The file's folder is on another disk than the mirror's .pentaprism folder",
        "Keep a mirror's folder, with all folders in it, on one filesystem.",
    ),
    errno.EFBIG: (
        "file_too_big",
        "The file is larger than this disk can hold in one file",
        "Use a filesystem that takes larger files, such as exFAT instead of FAT32.",
    ),
    errno.EIO: (
        "disk_error",
        "The disk could not read or write it",
        "Check the disk, its cable and the system's log.",
    ),
}
"""Faults of one file: it fails, the rest goes on."""

_PASSING = frozenset({errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EMFILE, errno.ENFILE})


def explain(error: OSError, what: str) -> PentaprismError:
    """Return the error of ours for ``error``, met at ``what`` (a path or a name of a place)."""
    number = error.errno or 0
    if number in _STOPS:
        code, sentence, hint = _STOPS[number]
        return ActionRequiredError(f"{sentence}: {what}", code=code, hint=hint)
    if number in _FILES:
        code, sentence, hint = _FILES[number]
        return PermanentError(f"{sentence}: {what}", code=code, hint=hint)
    reason = os.strerror(number) if number else str(error) or type(error).__name__
    if number in _PASSING:
        return RetryableError(f"{what}: {reason}", code="busy", hint="Run the mirror again.")
    return PermanentError(f"{what}: {reason}", code="file_error", hint="Run the mirror again.")
