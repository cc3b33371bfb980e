"""The worker process: answers each request on its standard input with one line of JSON.

It ends with its input, and so with the program that started it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from pentaprism.fingerprints.opening import UnreadableError
from pentaprism.fingerprints.requests import Answer, Compare, Request, Take, decode, encode_answer
from pentaprism.fingerprints.taking import take

READY = b"ready\n"
_MOST_MEMORY = 2 << 30
_MOST_SECONDS = 600  # a last resort, for a worker whose program has gone: the program waits less


def main() -> None:
    """Answer until the input ends."""
    _prepare()
    answers = _own_output()
    answers.write(READY)
    answers.flush()
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            signal.alarm(_MOST_SECONDS)
            answers.write(encode_answer(_answer(decode(line))) + b"\n")
            answers.flush()
            signal.alarm(0)


def _answer(request: Request) -> Answer:
    try:
        if isinstance(request, Take):
            return Answer(fingerprint=take(request.file))
        return _compared(request)
    except UnreadableError as error:
        return Answer(problem=error.code)
    except MemoryError:
        return Answer(problem="too_large")
    except Exception:  # noqa: BLE001 (whatever a library raises over a bad file, others follow)
        return Answer(problem="damaged")


def _compared(request: Compare) -> Answer:
    from pentaprism.fingerprints.comparison import compare  # noqa: PLC0415 (slow to load)

    found = compare(request.a, request.b, request.symmetry)
    return Answer(comparison=msgspec.Raw(encode_answer(found)))


def _prepare() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides when a worker ends
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS does not know it
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))


def _own_output() -> BinaryIO:
    """Return the standard output, kept from libraries that print to it."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "wb")


if __name__ == "__main__":
    main()
