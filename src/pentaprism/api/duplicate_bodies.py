"""Groups of duplicates as requests and answers tell them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self

from fastapi import Path
from pydantic import Field

from pentaprism.api.bodies import (
    ASSET_ID,
    CONNECTION_ID,
    ROOT_ID,
    WHEN,
    Answer,
    Request,
    example,
)
from pentaprism.api.group_bodies import AssetBody, FileRow
from pentaprism.duplicates.keeper import restored, sentence
from pentaprism.fingerprints.labels import Label
from pentaprism.store.duplicate_records import DuplicateCount, DuplicateGroup, DuplicateMember
from pentaprism.store.file_details import AssetId
from pentaprism.store.journal_records import DecisionKind

DUPLICATES_ID = "2f7c9b14-8e3d-4a56-b0f1-5c6d7e8f9aaa"
"""What the examples name a group of duplicates."""

MEMBER_LIMIT = 200
"""The most files of a group that a list of groups tells."""

_MEMBER = {
    "file": 4711,
    "shot": 4711,
    "keeper": True,
    "path": "2026/06/IMG_1.jpg",
    "source_id": ROOT_ID,
    "size": 5_500_000,
    "picture": True,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "phash": "c3d1e0b49a5f2687",
    "score": 1.0,
    "marked": False,
    "assets": [{"connection_id": CONNECTION_ID, "asset_id": ASSET_ID}],
}
_GROUP = {
    "id": DUPLICATES_ID,
    "label": "recompressed",
    "score": 0.97,
    "shots": 2,
    "files": 2,
    "bytes": 1_200_000,
    "keeper": 4711,
    "reasons": ["It is larger: 6048 x 4024, the other 1600 x 1065."],
    "bulk": False,
    "leaves_immich": False,
    "taken_at": "2026-06-01T12:00:00",
    "changed_at": WHEN,
    "members": [_MEMBER],
}
_COUNT = {"label": "identical", "groups": 120, "bytes": 640_000_000}

DuplicatesId = Annotated[
    str, Path(description="Id of a group of duplicates.", examples=[DUPLICATES_ID])
]


class DuplicateMemberBody(Answer):
    """A file in a group of duplicates."""

    model_config = Answer.model_config | example(**_MEMBER)

    file: int = Field(description="The file's number in the index.")
    shot: int = Field(
        description="The number of the first file of its shot: what has the same belongs together."
    )
    keeper: bool = Field(description="Whether its shot is the one proposed to be kept.")
    path: str = Field(description="Its path in its folder, or what Immich calls it.")
    source_id: str = Field(description="The indexed folder, or the connection, that it is in.")
    size: int | None = Field(description="Its bytes; null where that is not known.")
    picture: bool = Field(description="Whether it was compared, which sidecars are not.")
    sha256: str | None = Field(description="SHA-256 of its bytes, where it is known.")
    phash: str | None = Field(description="Its perceptual hash as 16 hex digits.")
    score: float = Field(description="How much its shot is like the keeper, from 0 to 1.")
    marked: bool = Field(description="Whether it was marked as not needed any more.")
    assets: list[AssetBody] = Field(description="What it is in Immich; empty where it is not.")

    @classmethod
    def of(
        cls, member: DuplicateMember, keeper: int, marked: bool, assets: Iterable[AssetId]
    ) -> Self:
        """Return what is told of ``member`` of a group with this keeper."""
        return cls(
            file=member.file_row,
            shot=member.shot,
            keeper=member.shot == keeper,
            path=member.path,
            source_id=member.source_id,
            size=member.size,
            picture=member.picture,
            sha256=member.hash,
            phash=member.phash,
            score=member.score,
            marked=marked,
            assets=[
                AssetBody(connection_id=one.connection_id, asset_id=one.asset_id) for one in assets
            ],
        )


class DuplicatesBody(Answer):
    """Shots that show the same picture."""

    model_config = Answer.model_config | example(**_GROUP)

    id: str = Field(description="Its id.")
    label: Label = Field(description="What its least alike two shots have in common.")
    score: float = Field(description="How much those two are alike, from 0 to 1.")
    shots: int = Field(description="How many shots it has.")
    files: int = Field(description="How many files those have.")
    bytes: int = Field(description="The sizes of all files but the keeper's together.")
    keeper: int = Field(description="The shot that is proposed to be kept.")
    reasons: list[str] = Field(description="Why, in sentences; what decided comes first.")
    bulk: bool = Field(
        description="Whether each file of the others is in the keeper as well, byte for byte."
    )
    leaves_immich: bool = Field(
        description="Whether others are in Immich and the keeper is not, so that keeping it there "
        "is refused."
    )
    taken_at: datetime | None = Field(
        description="When the keeper was taken, as a clock on the wall showed it."
    )
    changed_at: datetime = Field(description="When the group changed last.")
    members: list[DuplicateMemberBody] = Field(
        description="Its files, shot by shot, the keeper first and then the closest; in a list "
        f"of groups the first {MEMBER_LIMIT}."
    )

    @classmethod
    def of(
        cls,
        group: DuplicateGroup,
        members: Sequence[DuplicateMember],
        assets: Mapping[int, Sequence[AssetId]],
        marked: Collection[int],
    ) -> Self:
        """Return what is told of ``group`` with these of its members."""
        return cls(
            id=group.id,
            label=group.label,
            score=group.score,
            shots=group.shots,
            files=group.files,
            bytes=group.bytes,
            keeper=group.keeper,
            reasons=[sentence(reason) for reason in restored(group.reasons)],
            bulk=group.bulk,
            leaves_immich=group.leaves_immich,
            taken_at=group.taken_at,
            changed_at=group.changed_at,
            members=[
                DuplicateMemberBody.of(
                    one, group.keeper, one.file_row in marked, assets.get(one.file_row, ())
                )
                for one in members
            ],
        )


class DuplicatesPage(Answer):
    """Groups of duplicates, those with the most bytes to be gained first."""

    model_config = Answer.model_config | example(groups=[_GROUP], next=None)

    groups: list[DuplicatesBody] = Field(description="The groups of this page.")
    next: str | None = Field(description="Give it as `after` for the next page; null at the end.")


class LabelCount(Answer):
    """How many groups have a label."""

    model_config = Answer.model_config | example(**_COUNT)

    label: Label = Field(description="The label.")
    groups: int = Field(description="How many groups have it.")
    bytes: int = Field(description="The sizes of all their files but the keepers' together.")


class DuplicateCounts(Answer):
    """How many groups of duplicates there are."""

    model_config = Answer.model_config | example(
        groups=120, bytes=640_000_000, labels=[_COUNT], marked=3
    )

    groups: int = Field(description="How many there are.")
    bytes: int = Field(description="What would be gained: all files but the keepers'.")
    labels: list[LabelCount] = Field(description="The same for each label, the closest first.")
    marked: int = Field(description="How many files in folders are marked as not needed.")

    @classmethod
    def of(cls, counts: Mapping[Label, DuplicateCount], marked: int) -> Self:
        """Return what is told of ``counts``."""
        none = DuplicateCount(0, 0)
        rows = [(label, counts.get(label, none)) for label in Label]
        return cls(
            groups=sum(count.groups for _, count in rows),
            bytes=sum(count.bytes for _, count in rows),
            labels=[
                LabelCount(label=label, groups=count.groups, bytes=count.bytes)
                for label, count in rows
            ],
            marked=marked,
        )


class DuplicateDecision(Request):
    """What shall be done about a group of duplicates."""

    model_config = Request.model_config | example(verdict="keep", keeper=4711)

    verdict: DecisionKind = Field(
        description="`keep` one shot and put the assets of the others into Immich's trash; `mark` "
        "the files of the others that are in folders; `not_duplicate` or `keep_all` for good."
    )
    keeper: FileRow | None = Field(
        None, description="The shot that is kept, needed for `keep`; for `mark` else the proposed."
    )
    allow_leaving_immich: bool = Field(
        False, description="Whether a picture may leave Immich because the keeper is not in it."
    )
    connection_id: str | None = Field(
        None, max_length=100, description="In whose Immich, where the assets are in several."
    )
