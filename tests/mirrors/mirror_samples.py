"""Assets, records and proofs for the tests of what is pure."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha1
from typing import Any
from uuid import UUID

from pentaprism.assets import Asset, Checksum, MediaType, Role
from pentaprism.immich import Proof
from pentaprism.store.records import Item, ItemState

NOW = datetime(2024, 7, 31, 18, 5, 59, tzinfo=UTC)


def asset_id(number: int) -> str:
    """Return the ``number``-th id; the ids differ in their first eight digits."""
    return str(UUID(int=(number << 96) | (4 << 76) | (8 << 60)))


def make_asset(number: int = 1, filename: str = "IMG_1.JPG", **fields: Any) -> Asset:
    values: dict[str, Any] = {
        "id": asset_id(number),
        "owner_id": "owner",
        "filename": filename,
        "media_type": MediaType.IMAGE,
        "mime_type": "image/jpeg",
        "checksum": Checksum(sha1(str(number).encode()).digest(), of_content=True),
        "taken_at": NOW,
        "local_taken_at": NOW.replace(tzinfo=None),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Asset(**values | fields)


def make_item(asset: Asset, role: Role = Role.PRIMARY, **fields: Any) -> Item:
    """Return the record of ``asset`` as it is after it was put and nothing happened since."""
    values: dict[str, Any] = {
        "row": 1 + list(Role).index(role),
        "mirror_id": "mirror",
        "asset_id": (asset.live_video_id or "") if role is Role.VIDEO else asset.id,
        "shot_id": asset.id,
        "role": role,
        "state": ItemState.OK,
        "path": f"{asset.filename}.{role}",
        "remote_id": f"{asset.filename}.{role}",
        "checksum": asset.revision(edited=False),
        "sha1": asset.checksum.sha1,
        "size": 1,
        "mtime_ns": 0,
        "verified": True,
        "filename": asset.filename,
        "taken_at": asset.taken_at,
        "asset_updated_at": asset.updated_at,
        "attempts": 0,
        "error_code": None,
        "error": None,
        "staged_at": None,
    }
    return Item(**values | fields)


def proof(
    listed: int = 10, expected: int | None = None, fingerprint: int = 7, **fields: Any
) -> Proof:
    return Proof(listed, listed if expected is None else expected, fingerprint, **fields)
