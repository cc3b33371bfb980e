"""What a fault of the database means for the person who meets it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from pentaprism.errors import ActionRequiredError


@dataclass(frozen=True, slots=True)
class _Meaning:
    code: str
    message: str
    hint: str


_FULL = _Meaning(
    "disk_full",
    "There is no space left for the database {path}.",
    "Free some space on that disk and start again; what is recorded is safe.",
)
_LOCKED = _Meaning(
    "database_locked",
    "The database {path} is locked by another program.",
    "Close the program that holds it (another Pentaprism, a backup, a database viewer) and start "
    "again.",
)
_UNWRITABLE = _Meaning(
    "database_unwritable",
    "The database {path} cannot be opened for writing.",
    "Give this user read and write permission for the file and its folder, or set DATABASE_PATH "
    "to another place.",
)
_NOT_A_DATABASE = _Meaning(
    "not_a_database",
    "The file {path} is not a database of Pentaprism.",
    "Set DATABASE_PATH to another file, or move this one away to start with an empty database.",
)
_DAMAGED = _Meaning(
    "database_damaged",
    "The database {path} is damaged.",
    "Restore it from a backup, or move it away: with an empty database, `pentaprism mirror` finds "
    "the files again in their folders and downloads nothing twice.",
)
_FAILED = _Meaning(
    "database_failed",
    "The database {path} failed: {error}",
    "Check the disk it is on and the space that is left there; what is recorded is safe.",
)

# Result codes, https://www.sqlite.org/rescode.html. An extended code that is not here counts as its
# primary one, which is its low byte.
_MEANINGS = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,  # no room for the index of the write-ahead log
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_NOTADB: _NOT_A_DATABASE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
}
_PRIMARY = 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether another connection stood in the way, so that trying again may help."""
    return _code(error) & _PRIMARY == sqlite3.SQLITE_BUSY


def explain(error: BaseException, path: Path) -> ActionRequiredError:
    """Return what a person can do about ``error``, an exception of sqlite3."""
    code = _code(error)
    meaning = _MEANINGS.get(code) or _MEANINGS.get(code & _PRIMARY, _FAILED)
    return _make(meaning, path, error)


def not_a_database(path: Path) -> ActionRequiredError:
    """Return the error for a file with other contents than ours."""
    return _make(_NOT_A_DATABASE, path)


def _make(meaning: _Meaning, path: Path, error: BaseException | None = None) -> ActionRequiredError:
    message = meaning.message.format(path=path, error=error)
    return ActionRequiredError(message, code=meaning.code, hint=meaning.hint)


def _code(error: BaseException) -> int:
    return int(getattr(error, "sqlite_errorcode", 0))
