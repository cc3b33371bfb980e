"""The closed set of things that a run reports.

Each code has a level and a sentence with blanks; the sentence is what people read, the code is
what scripts and the web page go by. The reference lists them all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pentaprism.assets import Asset
from pentaprism.store.records import RunEvent


class Level(StrEnum):
    """How much an event matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Code(StrEnum):
    """What happened."""

    PUT = "put"
    LINKED = "linked"
    ADOPTED = "adopted"
    REPLACED = "replaced"
    REPAIRED = "repaired"
    CONFLICT_COPY = "conflict_copy"
    EDITED_KEPT = "edited_kept"
    SKIPPED = "skipped"
    FAILED = "failed"
    REMOVED = "removed"
    ORPHANED = "orphaned"
    RETURNED = "returned"
    REMOVALS_HELD = "removals_held"
    ALBUM_RENAMED = "album_renamed"
    FOLDER_READ = "folder_read"
    VIDEO_MISSING = "video_missing"
    ALREADY_IN_ACCOUNT = "already_in_account"
    SUPERSEDED = "superseded"
    ALBUM_REMADE = "album_remade"
    NOTE = "note"
    SIGN_IN_ENDS = "sign_in_ends"
    RUN_INTERRUPTED = "run_interrupted"
    RUN_WAITS = "run_waits"
    RUN_RESUMED = "run_resumed"
    RUN_STOPPED = "run_stopped"


SENTENCES: dict[Code, tuple[Level, str]] = {
    Code.PUT: (Level.INFO, "put at {path}"),
    Code.LINKED: (Level.INFO, "put at {path} as a hard link to the same picture of another mirror"),
    Code.ADOPTED: (Level.INFO, "was already at {path}; taken over as it is"),
    Code.REPLACED: (Level.INFO, "replaced at {path}{old}"),
    Code.REPAIRED: (Level.WARNING, "was {presence} at {path}; fetched again"),
    Code.CONFLICT_COPY: (
        Level.WARNING,
        "was edited here and changed in Immich; the edit stays, Immich's version is at {path}",
    ),
    Code.EDITED_KEPT: (Level.INFO, "was edited here at {path}; kept as it is"),
    Code.SKIPPED: (Level.INFO, "skipped: {reason}"),
    Code.FAILED: (Level.ERROR, "failed: {error}"),
    Code.REMOVED: (Level.INFO, "{removed}: {cause}"),
    Code.ORPHANED: (Level.INFO, "kept although {cause}"),
    Code.RETURNED: (Level.INFO, "is in the album again"),
    Code.REMOVALS_HELD: (Level.WARNING, "nothing was removed: {reason}"),
    Code.ALBUM_RENAMED: (
        Level.INFO,
        "the album is called “{name}” now, was “{before}”; here it is “{here}”",
    ),
    Code.FOLDER_READ: (
        Level.INFO,
        "read {files} files that were in the folder already, to take over what belongs here",
    ),
    Code.VIDEO_MISSING: (
        Level.WARNING,
        "is a live photo whose video Immich no longer has; the still is mirrored alone",
    ),
    Code.ALREADY_IN_ACCOUNT: (
        Level.INFO,
        "is in the account already, from elsewhere, and Google leaves it out of the album",
    ),
    Code.SUPERSEDED: (
        Level.INFO,
        "left the album, in which the same picture stays under another name; nothing was removed",
    ),
    Code.ALBUM_REMADE: (
        Level.WARNING,
        "the album “{title}” was deleted at the destination; it is made anew and filled again",
    ),
    Code.NOTE: (Level.INFO, "{note}"),
    Code.SIGN_IN_ENDS: (Level.WARNING, "{warning}"),
    Code.RUN_WAITS: (Level.WARNING, "waits: {reason}"),
    Code.RUN_RESUMED: (Level.INFO, "goes on after it has waited"),
    Code.RUN_INTERRUPTED: (
        Level.WARNING,
        "an earlier run was interrupted; this one goes on from where it stopped",
    ),
    Code.RUN_STOPPED: (Level.ERROR, "stopped: {error}"),
}
"""The level and the sentence of each code."""


def event(
    code: Code,
    asset: Asset | None = None,
    /,
    *,
    asset_id: str | None = None,
    filename: str | None = None,
    **details: Any,
) -> RunEvent:
    """Return the event ``code``, its sentence filled in from ``details``.

    What it is about is given by ``asset``, or by ``asset_id`` and ``filename``.
    """
    level, sentence = SENTENCES[code]
    return RunEvent(
        code=code.value,
        level=level.value,
        message=sentence.format(**details),
        at=datetime.now(UTC),
        asset_id=asset.id if asset else asset_id,
        filename=asset.filename if asset else filename,
        details=details,
    )
