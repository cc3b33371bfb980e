"""Encryption of stored credentials, and the key for it."""

from __future__ import annotations

import base64
import os
import secrets as random
from contextlib import suppress
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pentaprism.errors import ActionRequiredError, InvalidError

if TYPE_CHECKING:  # importing cryptography costs 40 ms, which a call without secrets need not pay
    from cryptography.fernet import MultiFernet

_SHORTEST = 32
_PURPOSE = b"pentaprism credentials 1"
_PLACEHOLDERS = (
    "placeholder", "production", "changethis", "changeme", "password", "insecure", "supersecret",
    "default", "example", "replace", "please", "secret", "random", "change", "string", "your",
    "this", "key", "app",
)  # fmt: skip
_LEAST_OF_ITS_OWN = 12  # characters that are left of a key when the placeholders are taken out


def generate_key() -> str:
    """Return a fresh key for ``APP_SECRET_KEY``: 43 URL-safe characters, 256 random bits."""
    return random.token_urlsafe(32)


class Secrets:
    """Encrypts and decrypts text with the keys of one installation.

    The first key encrypts; all are tried to decrypt, so that a key can be replaced by putting a
    new one in front. Made by `load`.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = keys

    @classmethod
    def load(cls, app_secret_key: str | None, database: Path) -> Secrets:
        """Return the secrets of ``app_secret_key``: keys separated by commas.

        Without it, the key is read from ``<database name>.key`` beside ``database``, made with mode
        0600 if it is missing. Raises `InvalidError` for a key that is short or easily guessed, and
        `ActionRequiredError` if the file cannot be read or made; both with code ``secret_key``.
        """
        if app_secret_key is None:
            file = database.with_name(f"{database.name}.key")
            return cls(_parse(_read_or_make(file), source=str(file)))
        return cls(_parse(app_secret_key, source="APP_SECRET_KEY"))

    def encrypt(self, text: str) -> str:
        """Return ``text`` encrypted and signed, in ASCII."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass")).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Return the text of a token of `encrypt`.

        Raises `ActionRequiredError` with code ``secret_key`` if none of the keys fits.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see the top of this file

        try:
            return self._fernet.decrypt(token).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise ActionRequiredError(
                "A stored credential cannot be decrypted with the present APP_SECRET_KEY.",
                code="secret_key",
                hint="Set APP_SECRET_KEY (or restore the .key file beside the database) as it was "
                "when the credential was saved; several keys may be given, separated by commas. "
                "If the old key is lost, run `pentaprism connect` again.",
            ) from None  # the cause says nothing, and its frames hold the token

    @cached_property
    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - as above

        return MultiFernet([Fernet(_derive(key)) for key in self._keys])


def _derive(key: str) -> bytes:
    """Return the Fernet key for ``key``: HKDF-SHA256 (RFC 5869), not a slow hash.

    A slow one would delay every start to protect keys that `_parse` refuses anyway.
    """
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(hkdf.derive(key.encode("utf-8", "surrogatepass")))


def _parse(text: str, *, source: str) -> tuple[str, ...]:
    keys = tuple(part for part in (part.strip() for part in text.split(",")) if part)
    for key in keys or ("",):
        if fault := _find_fault(key):
            raise InvalidError(
                f"The key in {source} {fault}.",
                code="secret_key",
                hint="Make one with `pentaprism key generate`. If credentials were saved with the "
                "old key, put the new one in front of it, separated by a comma.",
            )
    return keys


def _find_fault(key: str) -> str | None:
    if len(key) < _SHORTEST:
        return f"has {len(key)} characters; {_SHORTEST} are the least"
    if _has_pattern(key):
        return "follows a pattern that is easily guessed"
    rest = "".join(filter(str.isalnum, key.lower()))
    for word in _PLACEHOLDERS:
        rest = rest.replace(word, "")
    return "looks like a placeholder" if len(rest) < _LEAST_OF_ITS_OWN else None


def _has_pattern(key: str) -> bool:
    """Tell a repetition (``abcabcabc…``, ``aaaa…``) or a sequence (``abcdef…``) from a key."""
    period = (key + key).find(key, 1)
    if period <= len(key) // 2 or len(set(key)) < _LEAST_OF_ITS_OWN:
        return True
    steps = sum(abs(ord(b) - ord(a)) <= 1 for a, b in pairwise(key))
    return steps > len(key) // 2


def _read_or_make(file: Path) -> str:
    try:
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(file)
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ActionRequiredError(
            f"The key file {file} cannot be used: {error}",
            code="secret_key",
            hint="Give this user read and write permission there, or set APP_SECRET_KEY.",
        ) from error


def _make(file: Path) -> None:
    """Make the key file whole or not at all; if another process was faster, its key stays."""
    draft = file.with_name(f".{file.name}.{random.token_hex(8)}")
    try:
        _write_new(draft)
        try:
            os.link(draft, file)
        except FileExistsError:
            return
        except OSError:  # no hard links on this filesystem
            with suppress(FileExistsError):
                _write_new(file)
        _sync_folder(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def _write_new(file: Path) -> None:
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as stream:
        stream.write(generate_key() + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
