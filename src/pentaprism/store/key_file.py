"""The file beside the database that holds the key where no setting names one."""

from __future__ import annotations

import os
import secrets as random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pentaprism.errors import ActionRequiredError


def generate_key() -> str:
    """Return a fresh key for ``APP_SECRET_KEY``: 43 URL-safe characters, 256 random bits."""
    return random.token_urlsafe(32)


def key_file_of(database: Path) -> Path:
    """Return where the key for ``database`` is kept."""
    return database.with_name(f"{database.name}.key")


def read_or_make_key(file: Path) -> str:
    """Return the text of the key file, made with mode 0600 if it is missing.

    Raises `ActionRequiredError` with code ``secret_key`` if that cannot be.
    """
    with _explained(file):
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(file)
        return file.read_text(encoding="ascii").strip()


def replace_keys(file: Path, text: str) -> None:
    """Put ``text`` in the place of the key file's: whole and on the disk, or not at all.

    Raises `ActionRequiredError` with code ``secret_key`` if that cannot be.
    """
    with _explained(file):
        file = file.resolve()  # a link to the file stays a link
        draft = _draft_of(file)
        try:
            _write_new(draft, text)
            draft.replace(file)
            _sync_folder(file.parent)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError) as error:
        raise ActionRequiredError(
            f"The key file {file} cannot be used: {error}",
            code="secret_key",
            hint="Give this user read and write permission there, or set APP_SECRET_KEY.",
        ) from error


def _make(file: Path) -> None:
    """Make the key file whole or not at all; if another process was faster, its key stays."""
    draft = _draft_of(file)
    try:
        _write_new(draft, generate_key())
        try:
            os.link(draft, file)
        except FileExistsError:
            return
        except OSError:  # no hard links on this filesystem
            with suppress(FileExistsError):
                _write_new(file, generate_key())
        _sync_folder(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def _draft_of(file: Path) -> Path:
    return file.with_name(f".{file.name}.{random.token_hex(8)}")


def _write_new(file: Path, text: str) -> None:
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
