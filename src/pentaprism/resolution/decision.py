"""What was decided about a group of duplicates: the shot to keep, and the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from pentaprism.store.journal_records import Snapshot


@dataclass(frozen=True, slots=True)
class DecidedFile:
    """A file in a root, or an asset; an asset that is a file in a root stands beside that.

    ``path`` is the path in its root, or what Immich calls it. ``sha1`` is the checksum that the
    index has of it, None where it has none. A file in a root has a ``root_id``, an asset a
    ``connection_id`` and an ``asset_id``. ``size`` is in bytes.
    """

    row: int
    path: str
    size: int | None
    sha1: bytes | None
    root_id: str | None = None
    connection_id: str | None = None
    asset_id: str | None = None


@dataclass(frozen=True, slots=True)
class DecidedShot:
    """A shot by its number in the group, and all that belongs to it, the primary first."""

    shot: int
    files: tuple[DecidedFile, ...]

    def assets(self, connection_id: str) -> tuple[DecidedFile, ...]:
        """Return its assets of a connection, each once."""
        mine = (file for file in self.files if file.connection_id == connection_id)
        return tuple({file.asset_id: file for file in mine}.values())

    @property
    def in_roots(self) -> tuple[DecidedFile, ...]:
        """Its files in roots."""
        return tuple(file for file in self.files if file.root_id is not None)


@dataclass(frozen=True, slots=True)
class Decision:
    """One shot is kept, the others are not; ``label`` and ``score`` are those of the group."""

    owner_id: str
    group_id: str
    label: str
    score: float
    keeper: DecidedShot
    losers: tuple[DecidedShot, ...]
    allow_leaving_immich: bool = False

    def connection_ids(self) -> list[str]:
        """Return the connections whose assets it is about, those of most losers first."""
        counts: dict[str, int] = {}
        for weight, shots in ((len(self.losers) + 1, [self.keeper]), (1, self.losers)):
            for shot in shots:
                for id_ in {file.connection_id for file in shot.files if file.connection_id}:
                    counts[id_] = counts.get(id_, 0) + weight
        with_losers = [id_ for id_ in counts if any(shot.assets(id_) for shot in self.losers)]
        return sorted(with_losers, key=lambda id_: (-counts[id_], id_))

    def as_json(self) -> Snapshot:
        """Return what `parse` reads."""
        return {
            "owner_id": self.owner_id,
            "group_id": self.group_id,
            "label": self.label,
            "score": self.score,
            "keeper": shot_as_json(self.keeper),
            "losers": [shot_as_json(shot) for shot in self.losers],
            "allow_leaving_immich": self.allow_leaving_immich,
        }

    @classmethod
    def parse(cls, snapshot: Snapshot) -> Self:
        """Return the decision that a line of the journal is about."""
        return cls(
            snapshot["owner_id"],
            snapshot["group_id"],
            snapshot["label"],
            snapshot["score"],
            _parse_shot(snapshot["keeper"]),
            tuple(_parse_shot(shot) for shot in snapshot["losers"]),
            snapshot["allow_leaving_immich"],
        )


def shot_as_json(shot: DecidedShot) -> dict[str, Any]:
    """Return what the journal tells of a shot."""
    return {"shot": shot.shot, "files": [_file_as_json(file) for file in shot.files]}


def _file_as_json(file: DecidedFile) -> dict[str, Any]:
    return {
        "row": file.row,
        "path": file.path,
        "size": file.size,
        "sha1": None if file.sha1 is None else file.sha1.hex(),
        "root_id": file.root_id,
        "connection_id": file.connection_id,
        "asset_id": file.asset_id,
    }


def _parse_shot(shot: dict[str, Any]) -> DecidedShot:
    files: Sequence[dict[str, Any]] = shot["files"]
    return DecidedShot(shot["shot"], tuple(_parse_file(file) for file in files))


def _parse_file(file: dict[str, Any]) -> DecidedFile:
    sha1 = None if file["sha1"] is None else bytes.fromhex(file["sha1"])
    return DecidedFile(**file | {"sha1": sha1})
