"""Groups as they should be, made of what grouping has found in a neighbourhood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pentaprism.groups.files import Group, GroupType, ShotFile
from pentaprism.store.library_records import GroupOrigin
from pentaprism.store.neighbourhoods import Neighbourhood
from pentaprism.store.places import Candidate
from pentaprism.store.shot_labels import NO_LABEL, Label, of_immich

type Grouper = Callable[[Sequence[ShotFile]], list[Group]]
"""What says which files belong together, such as `pentaprism.groups.grouping.group`."""


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """A group that should be there; ``rules`` has the name of the rule for each member's row.

    ``burst`` is the row of the primary of the burst that it is a shot of.
    """

    source_id: str
    type: GroupType
    level: int
    origin: GroupOrigin
    primary: Candidate
    members: Sequence[Candidate]
    rules: Mapping[int, str]
    burst: int | None = None

    @property
    def bytes(self) -> int:
        """The sum of the members' sizes."""
        return sum(member.size or 0 for member in self.members)

    @property
    def taken_at(self) -> datetime | None:
        """When the primary was taken."""
        return self.primary.taken_at


def find_groups(neighbourhood: Neighbourhood, group: Grouper) -> list[FoundGroup]:
    """Return the groups of a neighbourhood, each source by itself, bursts before shots."""
    sources: dict[str, list[ShotFile]] = {}
    for file in neighbourhood.files.values():
        label = neighbourhood.labels.get(file.row, NO_LABEL)
        sources.setdefault(file.source_id, []).append(_shot_file(file, label))
    found: list[FoundGroup] = []
    for source_id, files in sources.items():
        bursts: dict[int, int] = {}
        for one in sorted(group(files), key=lambda one: -one.level):
            made = _found(source_id, one, neighbourhood, bursts)
            found.append(made)
            if one.level:
                bursts.update((member.row, made.primary.row) for member in made.members)
    return found


def _shot_file(file: Candidate, label: Label) -> ShotFile:
    return ShotFile(
        key=file.row,
        path=file.path,
        taken_at=file.taken_at,
        precision=file.precision,
        in_utc=file.in_utc,
        camera=file.camera,
        content_identifier=file.content_identifier,
        burst_id=file.burst_id,
        apart=label.apart,
        together=label.together,
        first=label.first,
    )


def _found(
    source_id: str, group: Group, neighbourhood: Neighbourhood, bursts: Mapping[int, int]
) -> FoundGroup:
    rows = [_row(key) for key in group.members]
    primary = _row(group.primary)
    return FoundGroup(
        source_id=source_id,
        type=group.type,
        level=group.level,
        origin=_origin([neighbourhood.labels.get(row, NO_LABEL) for row in rows]),
        primary=neighbourhood.files[primary],
        members=[neighbourhood.files[row] for row in rows],
        rules={row: group.reasons.get(row, "") for row in rows},
        burst=None if group.level else bursts.get(primary),
    )


def _row(key: Hashable) -> int:
    return cast("int", key)  # each file's key was its row


def _origin(labels: Sequence[Label]) -> GroupOrigin:
    if any(
        label.apart is not None
        or (label.together is not None and not of_immich(label.together))
        or (label.first and label.decided)
        for label in labels
    ):
        return GroupOrigin.PERSON
    stacks = Counter(label.together for label in labels if label.together is not None)
    return GroupOrigin.IMMICH if any(n > 1 for n in stacks.values()) else GroupOrigin.RULES
