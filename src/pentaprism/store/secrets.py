"""Encryption of stored credentials, and the key for it."""

from __future__ import annotations

import base64
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pentaprism.errors import ActionRequiredError, InvalidError, PentaprismError
from pentaprism.logs import hide
from pentaprism.store.key_file import (
    generate_key,
    key_file_of,
    read_or_make_key,
    replace_keys,
)

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


class Secrets:
    """Encrypts and decrypts text with the keys of one installation.

    What passes through here is a secret, and is kept out of the log from then on; so are the keys.

    The first key encrypts; all are tried to decrypt, so that a key can be replaced by putting a
    new one in front. Made by `load`. Keys of a file may be replaced by another process meanwhile:
    the file is read again before anything is encrypted, and when something cannot be decrypted.
    """

    def __init__(self, keys: tuple[str, ...], file: Path | None = None) -> None:
        self._keys = keys
        self._file = file
        for key in keys:
            hide(key)
        self._made: MultiFernet | None = None

    @property
    def in_file(self) -> bool:
        """Whether the keys are ours to replace, in the file beside the database."""
        return self._file is not None

    @property
    def count(self) -> int:
        """How many keys there are."""
        return len(self._keys)

    @classmethod
    def load(cls, app_secret_key: str | None, database: Path) -> Secrets:
        """Return the secrets of ``app_secret_key``: keys separated by commas.

        Without it, the key is read from ``<database name>.key`` beside ``database``, made with mode
        0600 if it is missing. Raises `InvalidError` for a key that is short or easily guessed, and
        `ActionRequiredError` if the file cannot be read or made; both with code ``secret_key``.
        """
        if app_secret_key is None:
            file = key_file_of(database)
            return cls(_parse(read_or_make_key(file), source=str(file)), file)
        return cls(_parse(app_secret_key, source="APP_SECRET_KEY"))

    def encrypt(self, text: str) -> str:
        """Return ``text`` encrypted and signed, in ASCII."""
        hide(text)
        self._read_again()
        return self._fernet().encrypt(text.encode("utf-8", "surrogatepass")).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Return the text of a token of `encrypt`.

        Raises `ActionRequiredError` with code ``secret_key`` if none of the keys fits.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see the top of this file

        with suppress(InvalidToken):
            return self._open(token)
        self._read_again()
        try:
            return self._open(token)
        except InvalidToken:
            raise ActionRequiredError(
                "A stored credential cannot be decrypted with the present APP_SECRET_KEY.",
                code="secret_key",
                hint="Set APP_SECRET_KEY (or restore the .key file beside the database) as it was "
                "when the credential was saved; several keys may be given, separated by commas. "
                "If the old key is lost, run `pentaprism connect` again.",
            ) from None  # the cause says nothing, and its frames hold the token

    def add_key(self) -> None:
        """Put a new key in front of those in the file; nothing that was encrypted is lost by it.

        For the one who holds the lock for it; see `pentaprism.store.rotation`. Raises as `load`
        does if the file holds no keys, and leaves it as it is then.
        """
        self._take()
        self._write((generate_key(), *self._keys))

    def drop_keys(self, keep: int) -> None:
        """Keep the first ``keep`` keys of the file; for when all is encrypted with the first."""
        self._write(self._keys[:keep])

    def _write(self, keys: tuple[str, ...]) -> None:
        if self._file is None:
            raise RuntimeError("keys of a setting are not ours to write")
        for key in keys:
            hide(key)
        replace_keys(self._file, ",".join(keys))
        self._keys, self._made = keys, None

    def _read_again(self) -> None:
        """Take the keys that are in the file now, if there are any."""
        with suppress(PentaprismError):  # those that were read before still do
            self._take()

    def _take(self) -> None:
        if self._file is None or not self._file.exists():
            return  # a key that is made now opens nothing
        keys = _parse(read_or_make_key(self._file), source=str(self._file))
        if keys != self._keys:
            self._keys, self._made = keys, None

    def _open(self, token: str) -> str:
        text = self._fernet().decrypt(token).decode("utf-8", "surrogatepass")
        hide(text)
        return text

    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - as above

        if self._made is None:
            self._made = MultiFernet([Fernet(_derive(key)) for key in self._keys])
        return self._made


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
