"""Groups of files as requests and answers tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from pentaprism.api.bodies import (
    ASSET_ID,
    CONNECTION_ID,
    GROUP_ID,
    HIGHEST,
    ROOT_ID,
    WHEN,
    Answer,
    Request,
    example,
)
from pentaprism.groups.files import GroupType, Kind
from pentaprism.store.file_details import AssetId
from pentaprism.store.library_records import FileGroup, GroupMember, GroupOrigin

_ASSET = {"connection_id": CONNECTION_ID, "asset_id": ASSET_ID}
_MEMBER = {
    "file": 4711,
    "path": "2026/06/IMG_1.CR3",
    "type": "raw",
    "size": 24_000_000,
    "primary": False,
    "rule": "raw_jpeg",
    "why": "A RAW and a picture with the same name, taken at the same time.",
    "assets": [_ASSET],
}
_GROUP = {
    "id": GROUP_ID,
    "type": "raw_jpeg",
    "source_id": ROOT_ID,
    "origin": "rules",
    "level": 0,
    "folder": "2026/06",
    "primary": 4712,
    "primary_path": "2026/06/IMG_1.JPG",
    "size": 2,
    "bytes": 29_000_000,
    "taken_at": "2026-06-01T12:00:00",
    "changed_at": WHEN,
    "within": None,
}

FileRow = Annotated[int, Field(ge=1, le=HIGHEST, description="The number of a file in the index.")]


class Files(Request):
    """Files that shall be kept apart from the others of their group, or together."""

    model_config = Request.model_config | example(files=[4711, 4712])

    files: list[FileRow] = Field(
        min_length=1, max_length=10_000, description="Their numbers, `file` in answers."
    )


class PrimaryFile(Request):
    """The file of a group that shall be shown first."""

    model_config = Request.model_config | example(file=4711)

    file: FileRow


class AssetBody(Answer):
    """An asset in Immich that is the same file."""

    model_config = Answer.model_config | example(**_ASSET)

    connection_id: str = Field(description="The connection by which it is known.")
    asset_id: str = Field(description="Its id in Immich.")


class MemberBody(Answer):
    """A file's place in a group."""

    model_config = Answer.model_config | example(**_MEMBER)

    file: int = Field(description="The file's number in the index.")
    path: str = Field(description="Its path in its folder, or what Immich calls it.")
    type: Kind = Field(description="What kind of file it is.")
    size: int | None = Field(description="Its bytes; null where that is not known.")
    primary: bool = Field(description="Whether it is the one shown first.")
    rule: str = Field(description="The rule that put it here.")
    why: str = Field(description="That rule in words.")
    assets: list[AssetBody] = Field(description="What it is in Immich; empty where it is not.")

    @classmethod
    def of(cls, member: GroupMember, why: Mapping[str, str], assets: Sequence[AssetId]) -> Self:
        """Return what is told of ``member``."""
        return cls(
            file=member.file_row,
            path=member.path,
            type=member.type,
            size=member.size,
            primary=member.primary,
            rule=member.rule,
            why=why.get(member.rule, member.rule),
            assets=[
                AssetBody(connection_id=one.connection_id, asset_id=one.asset_id) for one in assets
            ],
        )


class GroupBody(Answer):
    """Files of one shot, or the shots of a burst."""

    model_config = Answer.model_config | example(**_GROUP)

    id: str = Field(description="Its id.")
    type: GroupType = Field(description="What makes the files one shot.")
    source_id: str = Field(description="The indexed folder, or the connection, of its files.")
    origin: GroupOrigin = Field(description="Who says that they belong together.")
    level: int = Field(description="0 for a shot, 1 for a burst of shots.")
    folder: str = Field(description="The folder of its files; empty for uploaded assets.")
    primary: int = Field(description="The number of the file shown first.")
    primary_path: str = Field(description="The path of that file.")
    size: int = Field(description="How many members it has.")
    bytes: int = Field(description="The sum of their sizes.")
    taken_at: datetime | None = Field(
        description="When it was taken, as a clock on the wall showed it."
    )
    changed_at: datetime = Field(description="When it changed last.")
    within: str | None = Field(description="The burst that this shot belongs to.")

    @classmethod
    def of(cls, group: FileGroup, members: Sequence[GroupMember]) -> Self:
        """Return what is told of ``group``."""
        return cls(**_values(group, members))


class GroupDetail(GroupBody):
    """A group with its members."""

    model_config = Answer.model_config | example(**_GROUP, members=[_MEMBER], shots=[])

    members: list[MemberBody] = Field(description="Its members; of a burst the first of each shot.")
    shots: list[GroupBody] = Field(
        description="Of a burst, those of its shots that have several files."
    )

    @classmethod
    def of_all(
        cls,
        group: FileGroup,
        members: Sequence[GroupMember],
        told: list[MemberBody],
        shots: list[GroupBody],
    ) -> Self:
        """Return all that is told of ``group``."""
        return cls(**_values(group, members), members=told, shots=shots)


class GroupsPage(Answer):
    """Groups, those taken last first."""

    model_config = Answer.model_config | example(groups=[_GROUP], next=None)

    groups: list[GroupBody] = Field(description="The groups of this page.")
    next: str | None = Field(description="Give it as `after` for the next page; null at the end.")


class GroupsNow(Answer):
    """The groups that the files of a decision are in now."""

    model_config = Answer.model_config | example(groups=[_GROUP])

    groups: list[GroupBody] = Field(description="The groups; empty where each file is alone.")


class RuleBody(Answer):
    """A rule about which files belong to one shot."""

    model_config = Answer.model_config | example(
        name="edited", example="IMG_1.jpg, IMG_1-edited.jpg", meaning="An edit of the same shot."
    )

    name: str = Field(description="Its name, as groups tell it.")
    example: str = Field(description="Files that it joins.")
    meaning: str = Field(description="What it does.")


def _values(group: FileGroup, members: Sequence[GroupMember]) -> dict[str, object]:
    primary = next((one.path for one in members if one.file_row == group.primary_row), "")
    return {
        "id": group.id,
        "type": group.type,
        "source_id": group.source_id,
        "origin": group.origin,
        "level": group.level,
        "folder": group.folder,
        "primary": group.primary_row,
        "primary_path": primary,
        "size": group.size,
        "bytes": group.bytes,
        "taken_at": group.taken_at,
        "changed_at": group.changed_at,
        "within": group.within,
    }
