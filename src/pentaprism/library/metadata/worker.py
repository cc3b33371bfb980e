"""The worker process: answers each path on its standard input with one line of JSON.

It ends with its input, and so with the program that started it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from pentaprism.library.metadata.exiftool import ExifTool
from pentaprism.library.metadata.files import read_file
from pentaprism.library.reading import Reading
from pentaprism.worker_process import READY, own_output, prepare

_MOST_SECONDS = 300  # a last resort, for a worker whose program has gone: the program waits less


def main() -> None:
    """Answer until the input ends."""
    prepare()
    answers = own_output()
    tool = ExifTool()
    encode = msgspec.json.Encoder().encode
    answers.write(READY)
    answers.flush()
    try:
        for path in _requests(sys.stdin.buffer):
            signal.alarm(_MOST_SECONDS)
            answers.write(encode(_read(path, tool)) + b"\n")
            answers.flush()
            signal.alarm(0)
    except BrokenPipeError:
        pass
    finally:
        tool.close()


def _read(path: str, tool: ExifTool) -> Reading:
    try:
        return read_file(path, tool)
    except Exception:  # noqa: BLE001 (whatever a library raises over a bad file, others follow)
        return Reading(problem="damaged")


def _requests(source: BinaryIO) -> Iterator[str]:
    """Yield paths: each comes as its length in decimal, a line break, and its bytes."""
    while line := source.readline():
        yield os.fsdecode(source.read(int(line)))


if __name__ == "__main__":
    main()
