"""What a worker is asked and what it answers, each one line of JSON.

A path travels as its bytes, each as the character of that number: any name that a file can have
passes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import msgspec

from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile

_NOTHING = msgspec.Raw(b"null")


class Take(msgspec.Struct, frozen=True, tag=True):
    """Asks for the fingerprint of a file."""

    file: PictureFile


class Compare(msgspec.Struct, frozen=True, tag=True):
    """Asks how much alike two files are, the second turned by ``symmetry``."""

    a: PictureFile
    b: PictureFile
    symmetry: int


class Answer(msgspec.Struct, frozen=True):
    """A fingerprint, a comparison (its JSON, null for none), or what kept it from being made."""

    fingerprint: Fingerprint | None = None
    comparison: msgspec.Raw = _NOTHING
    problem: str | None = None


type Request = Take | Compare

encode_answer = msgspec.json.Encoder().encode
decode_answer = msgspec.json.Decoder(Answer).decode
_encode = msgspec.json.Encoder().encode
_decode: Callable[[bytes], Request] = msgspec.json.Decoder(Take | Compare).decode


def encode(request: Request) -> bytes:
    """Return the line that asks for ``request``."""
    return _encode(_renamed(request, lambda path: os.fsencode(path).decode("latin-1"))) + b"\n"


def decode(line: bytes) -> Request:
    """Return what a line asks for."""
    return _renamed(_decode(line), lambda path: os.fsdecode(path.encode("latin-1")))


def _renamed(request: Request, rename: Callable[[str], str]) -> Request:
    def renamed(file: PictureFile) -> PictureFile:
        return replace(file, path=rename(file.path))

    if isinstance(request, Take):
        return Take(renamed(request.file))
    return Compare(renamed(request.a), renamed(request.b), request.symmetry)
