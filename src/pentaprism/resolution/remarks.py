"""Why a decision may not be carried out, and what is worth knowing about one that may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RefusalCode(StrEnum):
    """What stands in the way of a decision."""

    KEEPER_NOT_IN_IMMICH = "keeper_not_in_immich"
    KEEPER_GONE = "keeper_gone"
    KEEPER_TRASHED = "keeper_trashed"
    KEEPER_OFFLINE = "keeper_offline"
    KEEPER_HIDDEN = "keeper_hidden"
    CHANGED = "changed"
    NOT_OURS = "not_ours"
    OFFLINE = "offline"
    LOCKED = "locked"
    HIDDEN = "hidden"
    ALBUM_CLOSED = "album_closed"
    SAME_FILE = "same_file"
    MAYBE_SAME_FILE = "maybe_same_file"
    TRASH_OFF = "trash_off"


class NoteCode(StrEnum):
    """What is worth knowing about a decision."""

    EXTERNAL = "external"
    SIDECAR = "sidecar"
    DESCRIPTIONS_JOINED = "descriptions_joined"
    KEEPER_ARCHIVED = "keeper_archived"
    COVER = "cover"
    STACK_LEFT = "stack_left"
    LEAVES_IMMICH = "leaves_immich"
    ALREADY_TRASHED = "already_trashed"
    GONE = "gone"
    OTHER_CONNECTION = "other_connection"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a decision may not be carried out: the asset, its path, and the album where it is one."""

    code: RefusalCode
    asset_id: str | None = None
    path: str = ""
    album: str = ""

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _REFUSED[self.code].format(path=self.path, album=self.album)


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing; ``asset_id`` is what it is about, the stack for ``stack_left``."""

    code: NoteCode
    asset_id: str | None = None
    path: str = ""

    @property
    def sentence(self) -> str:
        """The note in words."""
        return _NOTED[self.code].format(path=self.path)


_REFUSED = {
    RefusalCode.KEEPER_NOT_IN_IMMICH: (
        "What is to be kept is not in Immich, so the picture would vanish there."
    ),
    RefusalCode.KEEPER_GONE: "What is to be kept is not in Immich any more: {path}.",
    RefusalCode.KEEPER_TRASHED: "What is to be kept is in Immich's trash: {path}.",
    RefusalCode.KEEPER_OFFLINE: "Immich does not find the file that is to be kept: {path}.",
    RefusalCode.KEEPER_HIDDEN: "Immich does not show what is to be kept: {path}.",
    RefusalCode.CHANGED: "{path} is not what it was when the library was read; read it again.",
    RefusalCode.NOT_OURS: "{path} belongs to somebody else.",
    RefusalCode.OFFLINE: "Immich does not find the file {path}.",
    RefusalCode.LOCKED: "{path} is in Immich's locked folder.",
    RefusalCode.HIDDEN: "Immich hides {path}, and what shows it is not among the duplicates.",
    RefusalCode.ALBUM_CLOSED: (
        "{path} is in the album {album}, which this user may not change: the picture would vanish "
        "there."
    ),
    RefusalCode.SAME_FILE: (
        "{path} is the very file that is to be kept: Immich would delete it with its trash."
    ),
    RefusalCode.MAYBE_SAME_FILE: (
        "{path} is in an external library and may be the very file that is to be kept: Immich "
        "would delete it with its trash."
    ),
    RefusalCode.TRASH_OFF: "Immich's trash is switched off: what is deleted there is gone.",
}

_NOTED = {
    NoteCode.EXTERNAL: (
        "{path} is a file of an external library: Immich deletes it when its trash is emptied."
    ),
    NoteCode.SIDECAR: "Immich may write a sidecar beside {path}, for what is merged into it.",
    NoteCode.DESCRIPTIONS_JOINED: "The descriptions differ, so that the keeper gets both.",
    NoteCode.KEEPER_ARCHIVED: "What is kept is archived, and stays so.",
    NoteCode.COVER: (
        "{path} is the cover of an album: Immich chooses another one, and an undo does not bring "
        "it back."
    ),
    NoteCode.STACK_LEFT: (
        "What is kept is in a stack of its own, and does not join the one that loses an asset."
    ),
    NoteCode.LEAVES_IMMICH: "The picture leaves Immich: what is kept is only in a folder.",
    NoteCode.ALREADY_TRASHED: "{path} is in Immich's trash already.",
    NoteCode.GONE: "{path} is not in Immich any more.",
    NoteCode.OTHER_CONNECTION: "{path} is at another Immich and stays there.",
}
