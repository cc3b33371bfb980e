"""Groups as lists and their own page show them: with names, pictures and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from pentaprism.groups.explaining import sentences
from pentaprism.groups.files import GroupType
from pentaprism.overview.phrases import mark
from pentaprism.store.file_details import AssetId
from pentaprism.store.library_records import FileGroup, GroupMember
from pentaprism.web.page import Page

WORDS: Mapping[GroupType, tuple[str, str]] = {
    GroupType.RAW_JPEG: (mark("RAW and JPEG"), "camera"),
    GroupType.LIVE_PHOTO: (mark("Live photo"), "live"),
    GroupType.EDIT: (mark("Edit"), "edit"),
    GroupType.VARIANT: (mark("Versions"), "duplicate"),
    GroupType.SIDECAR: (mark("With sidecar"), "file"),
    GroupType.BURST: (mark("Burst"), "burst"),
}
"""Each type in words, with its icon."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group in a list, by its primary; ``taken_at`` is as a clock on the wall showed it."""

    group: FileGroup
    name: str
    folder: str
    source: str
    asset: AssetId | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A file in a group, and why it is there; ``shot`` is the group that a burst shows by it."""

    member: GroupMember
    name: str
    folder: str
    why: str
    asset: AssetId | None
    taken_at: datetime | None
    shot: FileGroup | None


async def sources_of(page: Page) -> dict[str, str]:
    """Return the names of the person's indexed folders and connections, by id."""
    store = page.program.app.store
    roots = await store.roots.list(page.person.id)
    connections = await store.connections.list(page.person.id)
    return {root.id: root.name for root in roots} | {one.id: one.name for one in connections}


async def group_rows(
    page: Page, groups: Sequence[FileGroup], sources: Mapping[str, str]
) -> list[GroupRow]:
    """Return ``groups`` as a list shows them."""
    app = page.program.app
    members = await app.store.file_groups.members([group.id for group in groups])
    assets = await app.store.file_details.assets_of([group.primary_row for group in groups])
    rows = []
    for group in groups:
        path = next((one.path for one in members.get(group.id, ()) if one.primary), "")
        folder, _, name = path.rpartition("/")
        rows.append(
            GroupRow(
                group,
                name,
                folder,
                sources.get(group.source_id, ""),
                _first(assets.get(group.primary_row, ())),
                on_the_wall(group.taken_at, page.program.zone),
            )
        )
    return rows


async def member_rows(
    page: Page, group: FileGroup, members: Sequence[GroupMember]
) -> list[MemberRow]:
    """Return the members of ``group``, the primary first."""
    app = page.program.app
    why = sentences(app.indexing.rules)
    assets = await app.store.file_details.assets_of([member.file_row for member in members])
    times = await app.store.file_details.times_of([member.file_row for member in members])
    shots = await app.store.file_groups.children(group.id) if group.level else []
    by_primary = {shot.primary_row: shot for shot in shots}
    rows = []
    for member in members:
        folder, _, name = member.path.rpartition("/")
        taken_at, in_utc = times.get(member.file_row, (None, False))
        zone = UTC if in_utc else page.program.zone
        rows.append(
            MemberRow(
                member,
                name,
                folder,
                why.get(member.rule, ""),
                _first(assets.get(member.file_row, ())),
                on_the_wall(taken_at, zone),
                by_primary.get(member.file_row),
            )
        )
    return rows


def on_the_wall(taken_at: datetime | None, zone: tzinfo) -> datetime | None:
    """Return a wall-clock time so that pages, which show times in ``zone``, show it unchanged."""
    return None if taken_at is None else taken_at.replace(tzinfo=zone)


def _first(assets: Sequence[AssetId]) -> AssetId | None:
    return assets[0] if assets else None
