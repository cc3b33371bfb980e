"""ExifTool, where it is installed: it reads what the libraries do not know."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from pentaprism.library.metadata.cameras import camera_name, text
from pentaprism.library.metadata.times import Moment, dated, moment
from pentaprism.library.reading import Reading

_TAGS = (
    "MIMEType", "SubSecDateTimeOriginal", "DateTimeOriginal", "CreateDate", "Make", "Model",
    "Orientation", "ImageWidth", "ImageHeight", "ContentIdentifier", "BurstUUID", "BurstID",
)  # fmt: skip
_TIMES = ("Composite:SubSecDateTimeOriginal", "DateTimeOriginal", "CreateDate")
_LONGEST_ID = 200
_LAST_ORIENTATION = 8


class ExifTool:
    """One ExifTool that stays open and answers for one file after the other.

    It starts with the first file. Without it on the PATH, or once it has died, nothing is read, nor
    is a file whose name has a line break.
    """

    def __init__(self, program: str | None = None) -> None:
        self._program = program or shutil.which("exiftool")
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, path: str) -> Reading | None:
        """Return what it finds, or None where it finds neither a time nor dimensions."""
        name = os.fsencode(os.path.abspath(path))  # which no option and no comment begins like
        if self._program is None or b"\n" in name or b"\r" in name:  # requests are lines
            return None
        try:
            said = json.loads(self._ask(name) or b"[{}]")[0]
        except (OSError, ValueError, LookupError):
            self.close()
            self._program = None  # what fails once in this way fails for every file
            return None
        found = _reading(said)
        return found if found.taken_at or found.width else None

    def close(self) -> None:
        """End it: left to itself it would wait for more requests for ever."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, name: bytes) -> bytes:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 (a program on the PATH)
                [str(self._program), "-config", "", "-stay_open", "True", "-@", "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 (tells mypy that both are pipes)
        assert stdout is not None  # noqa: S101
        words = ["-j", "-n", "-G0", "-fast", *(f"-{tag}" for tag in _TAGS)]
        stdin.write("\n".join(words).encode() + b"\n" + name + b"\n-execute\n")
        stdin.flush()
        lines: list[bytes] = []
        while (line := stdout.readline()) != b"{ready}\n":
            if not line:
                raise OSError("ExifTool has ended.")
            lines.append(line)
        return b"".join(lines).decode("utf-8", "replace").encode()


def _reading(said: Mapping[str, Any]) -> Reading:
    plain = {name.rpartition(":")[2]: value for name, value in reversed(list(said.items()))}
    found = Reading(
        mime_type=_text(plain, "MIMEType") or None,
        camera=camera_name(_text(plain, "Make"), _text(plain, "Model")),
        content_identifier=_text(plain, "ContentIdentifier")[:_LONGEST_ID] or None,
        burst_id=(_text(plain, "BurstUUID") or _text(plain, "BurstID"))[:_LONGEST_ID] or None,
        width=_count(plain, "ImageWidth"),
        height=_count(plain, "ImageHeight"),
        orientation=_orientation(plain),
    )
    return dated(found, _taken(said))


def _taken(said: Mapping[str, Any]) -> Moment | None:
    """Return the time of capture; what stands in a QuickTime header is UTC."""
    for wanted in _TIMES:
        for name, value in said.items():
            if not f":{name}".endswith(f":{wanted}"):
                continue
            in_header = name == "QuickTime:CreateDate"
            if found := moment(str(value)):
                return Moment(found.taken_at, found.precision, found.in_utc or in_header)
    return None


def _text(said: Mapping[str, Any], name: str) -> str:
    return text(str(said.get(name, "")))


def _count(said: Mapping[str, Any], name: str) -> int | None:
    value = said.get(name)
    return value if isinstance(value, int) and value > 0 else None


def _orientation(said: Mapping[str, Any]) -> int | None:
    value = _count(said, "Orientation")
    return value if value is not None and value <= _LAST_ORIENTATION else None
