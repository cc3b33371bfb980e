"""Reasons: why a shot is proposed to be kept, as codes with values and in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ReasonCode(StrEnum):
    """What speaks for a shot."""

    EVERY_FILE = "every_file"
    RAW = "raw"
    LIVE_VIDEO = "live_video"
    NOT_ENLARGED = "not_enlarged"
    ORIGINAL = "original"
    EDIT = "edit"
    LARGER = "larger"
    KNOWN_SIZE = "known_size"
    CAMERA = "camera"
    TIME = "time"
    FORMAT = "format"
    PREFERRED_FORMAT = "preferred_format"
    LESS_COMPRESSED = "less_compressed"
    NOT_AVOIDED = "not_avoided"
    FOLDER = "folder"
    IN_IMMICH = "in_immich"
    FAVOURITE = "favourite"
    ALBUMS = "albums"
    OLDER = "older"
    NAME = "name"
    PATH = "path"


class Whom(StrEnum):
    """Which of the others a reason tells the keeper from."""

    OTHER = "other"
    """The only other one."""

    ALL = "all"
    """All others; there are several."""

    SOME = "some"
    """Not all of them."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for the keeper; ``values`` are the keeper's, then those of the next best.

    Which values a code has, already as people read them, is told by its sentence.
    """

    code: ReasonCode
    values: tuple[str, ...] = ()
    whom: Whom = Whom.OTHER


_SENTENCES: Mapping[ReasonCode, tuple[str, str, str]] = MappingProxyType({
    ReasonCode.EVERY_FILE: (
        "It has every file of the other, and more.",
        "It has every file of the others, and more.",
        "It has every file of some of the others, and more.",
    ),
    ReasonCode.RAW: (
        "It has the RAW file.",
        "It alone has the RAW file.",
        "It has the RAW file, not all others do.",
    ),
    ReasonCode.LIVE_VIDEO: (
        "It has the video of the live photo.",
        "It alone has the video of the live photo.",
        "It has the video of the live photo, not all others do.",
    ),
    ReasonCode.NOT_ENLARGED: (
        "The other was enlarged.",
        "The others were enlarged.",
        "Some of the others were enlarged.",
    ),
    ReasonCode.ORIGINAL: (
        "It is the original, the other an edit.",
        "It is the original, the others are edits.",
        "It is the original, some of the others are edits.",
    ),
    ReasonCode.EDIT: (
        "It has the edit, which you prefer.",
        "It alone has an edit, which you prefer.",
        "It has an edit, which you prefer; not all others do.",
    ),
    ReasonCode.LARGER: (
        "It is larger: {0}, the other {1}.",
        "It is larger: {0}, the others at most {1}.",
        "It is larger than some of the others: {0}, not {1}.",
    ),
    ReasonCode.KNOWN_SIZE: (
        "Its size is known, {0}, that of the other is not.",
        "Its size is known, {0}, that of the others is not.",
        "Its size is known, {0}, that of some of the others is not.",
    ),
    ReasonCode.CAMERA: (
        "It tells the camera, {0}, the other does not.",
        "It tells the camera, {0}, the others do not.",
        "It tells the camera, {0}, some of the others do not.",
    ),
    ReasonCode.TIME: (
        "It tells better when it was taken: {0}, the other {1}.",
        "It tells better when it was taken than the others: {0} ({1} there).",
        "It tells better when it was taken than some of the others: {0} ({1} there).",
    ),
    ReasonCode.FORMAT: (
        "Its format is nearer to the original: {0}, the other {1}.",
        "Its format is nearer to the original: {0}, the others at best {1}.",
        "Its format is nearer to the original than that of some of the others: {0}, not {1}.",
    ),
    ReasonCode.PREFERRED_FORMAT: (
        "You prefer its format: {0}, the other is {1}.",
        "You prefer its format: {0}, the others are at best {1}.",
        "You prefer its format to that of some of the others: {0}, not {1}.",
    ),
    ReasonCode.LESS_COMPRESSED: (
        "It is less compressed, at the same size and format: {0}, the other {1}.",
        "It is less compressed, at the same size and format: {0}, the others at most {1}.",
        "It is less compressed than some of the others, at the same size and format: {0}, not {1}.",
    ),
    ReasonCode.NOT_AVOIDED: (
        "The other is in a folder that you avoid: {0}.",
        "The others are in folders that you avoid, such as {0}.",
        "Some of the others are in folders that you avoid, such as {0}.",
    ),
    ReasonCode.FOLDER: (
        "It is in a folder that you prefer: {0}.",
        "It is in the folder that you prefer most: {0}.",
        "It is in a folder that you prefer to that of some of the others: {0}.",
    ),
    ReasonCode.IN_IMMICH: (
        "It is in Immich, the other only in a folder.",
        "It is in Immich, the others only in folders.",
        "It is in Immich, some of the others only in folders.",
    ),
    ReasonCode.FAVOURITE: (
        "It is a favourite in Immich.",
        "It alone is a favourite in Immich.",
        "It is a favourite in Immich, not all others are.",
    ),
    ReasonCode.ALBUMS: (
        "It is in more albums: {0}, the other in {1}.",
        "It is in more albums: {0}, the others in at most {1}.",
        "It is in more albums than some of the others: {0}, not {1}.",
    ),
    ReasonCode.OLDER: (
        "Its file is older: {0}, that of the other {1}.",
        "Its file is older: {0}, those of the others {1} or later.",
        "Its file is older than those of some of the others: {0}, not {1}.",
    ),
    ReasonCode.NAME: (
        "Its name is shorter: {0}, that of the other {1}.",
        "Its name is the shortest: {0}.",
        "Its name is shorter than those of some of the others: {0}, not {1}.",
    ),
    ReasonCode.PATH: (
        "Nothing else tells them apart, and its path comes first.",
        "Its path comes first among those that nothing else tells apart.",
        "Its path comes first among those that nothing else tells apart.",
    ),
})  # fmt: skip


def sentence(reason: Reason) -> str:
    """Return ``reason`` in words."""
    texts = dict(zip((Whom.OTHER, Whom.ALL, Whom.SOME), _SENTENCES[reason.code], strict=True))
    return texts[reason.whom].format(*reason.values)


def stored(reasons: Iterable[Reason]) -> tuple[tuple[str, str], ...]:
    """Return ``reasons`` as they are remembered: a code, and a JSON array of whom and values."""
    return tuple(
        (reason.code.value, json.dumps([reason.whom, *reason.values], ensure_ascii=False))
        for reason in reasons
    )


def restored(told: Iterable[tuple[str, str]]) -> tuple[Reason, ...]:
    """Return the reasons that `stored` gave; those that are not known any more are left out."""
    found = []
    for code, text in told:
        whom, *values = json.loads(text)
        if code in ReasonCode:
            found.append(Reason(ReasonCode(code), tuple(values), Whom(whom)))
    return tuple(found)
