"""Random tokens, of which only the SHA-256 is ever stored."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """Return 256 random bits in 43 characters that are safe in URLs, headers and cookies."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(token: str) -> bytes:
    """Return the SHA-256 of ``token``; a random token needs no slower hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
