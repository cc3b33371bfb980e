"""Compares what is in a folder with what the index has of it.

A file that is where it was, unchanged or written to in place, is known by that. Any other may have
been renamed, and where from shows only when the index is asked for its inode: an `Arrival`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pentaprism.groups.files import Kind
from pentaprism.groups.keys import keys_of
from pentaprism.groups.kinds import kind_of
from pentaprism.groups.rules import Rules
from pentaprism.library.folders import join
from pentaprism.library.listing import Found
from pentaprism.library.reading import READ_VERSION
from pentaprism.library.walk import Look
from pentaprism.store.file_changes import FileChanges, FileFacts, Identity, KnownFile, Returned

READ_KINDS = (Kind.IMAGE, Kind.RAW, Kind.VIDEO)
"""Files with metadata of their own; a sidecar has none that is about itself."""


@dataclass(slots=True)
class Arrival:
    """A file that is not what was last known at its path.

    ``holder`` is the file that the index has at this path, there or missing.
    """

    facts: FileFacts
    holder: KnownFile | None

    @property
    def identity(self) -> Identity:
        """What it keeps when it is renamed."""
        return self.facts.inode, self.facts.size, self.facts.mtime_ns


@dataclass(slots=True)
class Comparison:
    """What folders have that is new, as far as they alone tell."""

    changes: FileChanges = field(default_factory=FileChanges)
    arrivals: list[Arrival] = field(default_factory=list)


class Comparer:
    """Compares folders of one root with what the index has of them."""

    def __init__(self, root_id: str, rules: Rules) -> None:
        self._root_id = root_id
        self._rules = rules

    def compare(self, looks: Iterable[Look], known: Iterable[KnownFile]) -> Comparison:
        """Return what is new in ``looks``; ``known`` are all rows of these folders."""
        rows: dict[str, dict[str, KnownFile]] = {}
        for file in known:
            rows.setdefault(file.folder, {})[file.name] = file
        comparison = Comparison()
        for look in looks:
            self._compare_folder(look, rows.get(look.path, {}), comparison)
            if look.mark is not None:
                comparison.changes.marks.append(look.mark)
        return comparison

    def facts(self, folder: str, found: Found, read_version: int | None = 0) -> FileFacts:
        """Return what the index holds of a file; a sidecar is as good as read."""
        keys = keys_of(join(folder, found.name), self._rules)
        kind = kind_of(found.name, self._rules.sidecars)
        if read_version == 0 and kind not in READ_KINDS:
            read_version = READ_VERSION
        return FileFacts(
            folder,
            found.name,
            kind,
            found.size,
            found.mtime_ns,
            found.inode,
            f"{self._root_id}/{keys.folder}",
            keys.name,
            keys.burst,
            read_version,
        )

    def _compare_folder(
        self, look: Look, known: dict[str, KnownFile], comparison: Comparison
    ) -> None:
        changes = comparison.changes
        left = dict(known)
        for found in look.files:
            old = left.pop(found.name, None)
            if old is None or (old.inode != found.inode and old.identity != _identity(found)):
                comparison.arrivals.append(Arrival(self.facts(look.path, found), old))
            elif old.identity != _identity(found):
                self._compare_same_inode(look.path, found, old, comparison)
            elif old.missing_at is not None:
                changes.returned.append(returned(old, found.inode))
        changes.missing.extend(
            old.row
            for old in left.values()
            if old.missing_at is None and old.name not in look.unknown
        )

    def _compare_same_inode(
        self, folder: str, found: Found, old: KnownFile, comparison: Comparison
    ) -> None:
        """Note what was written to in place; one that was missing may be another file by now."""
        facts = self.facts(folder, found)
        if old.missing_at is None:
            comparison.changes.edited[old.row] = facts
        else:
            comparison.arrivals.append(Arrival(facts, old))


def returned(old: KnownFile, inode: int) -> Returned:
    """Return that a file is there again, with its metadata, unless it could not be read."""
    return Returned(old.row, inode, 0 if old.problem else None)


def _identity(found: Found) -> Identity:
    return found.inode, found.size, found.mtime_ns
