"""The worker process: answers each request on its standard input with one line of JSON.

It ends with its input, and so with the program that started it.
"""

from __future__ import annotations

import contextlib
import signal
import sys

import msgspec

from pentaprism.fingerprints.opening import UnreadableError
from pentaprism.fingerprints.requests import Answer, Compare, Request, Take, decode, encode_answer
from pentaprism.fingerprints.taking import take
from pentaprism.worker_process import READY, own_output, prepare

_MOST_SECONDS = 600  # a last resort, for a worker whose program has gone: the program waits less


def main() -> None:
    """Answer until the input ends."""
    prepare()
    answers = own_output()
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


if __name__ == "__main__":
    main()
