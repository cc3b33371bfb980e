"""The key of a content: what tells one picture at Google from another, before its bytes are read.

For a file sent as it is, that is the SHA-1 of its bytes where Immich knows it. A copy that differs
from its original is another content.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha1

from pentaprism.assets import Asset


def plain_key(asset: Asset, *, edited: bool) -> bytes:
    """Return the key of ``asset`` sent as it is."""
    return asset.revision(edited=edited)


def copy_key(still: bytes, *, video: bytes | None, taken: datetime | None) -> bytes:
    """Return the key of a copy of ``still`` (a plain key), with its video or its date in it."""
    digest = sha1(b"copy\0" + still, usedforsecurity=False)
    if video is not None:
        digest.update(b"video\0" + video)
    if taken is not None:
        digest.update(b"taken\0" + taken.isoformat().encode())
    return digest.digest()
