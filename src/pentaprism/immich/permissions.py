"""What an API key has to be allowed, for each thing that Pentaprism does."""

from __future__ import annotations

from dataclasses import dataclass

from pentaprism.immich.identity import Server, User
from pentaprism.immich.refusals import missing_permissions

READ_ONLY = frozenset(
    {"album.read", "asset.read", "asset.view", "asset.download", "user.read", "server.about"}
)
"""The permissions of a key for mirroring; of these, the user's name needs ``user.read``."""

STACKS = frozenset({"stack.read", "stack.create", "stack.update", "stack.delete", "asset.update"})
"""What a key needs besides for pushing stacks; reading them needs ``stack.read`` only."""

RESOLVING = frozenset(
    {
        "stack.read",
        "stack.create",
        "stack.update",
        "stack.delete",
        "asset.update",
        "asset.delete",
        "album.update",
        "albumAsset.create",
        "albumAsset.delete",
        "tag.asset",
    }
)
"""What a key needs besides for resolving duplicates and undoing it; ``asset.delete`` is Immich's
name for moving assets to the trash and back, ``album.update`` lets an album show what is kept."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found before any work: the server, the key's user and its permissions.

    ``user`` is None when the key lacks ``user.read``. ``missing`` holds the permissions that
    were required and that the key lacks.
    """

    server: Server
    user: User | None
    permissions: frozenset[str]
    missing: frozenset[str]

    def require(self) -> None:
        """Raise `ActionRequiredError` with code ``permissions`` naming what is missing."""
        if self.missing:
            raise missing_permissions(self.missing)
