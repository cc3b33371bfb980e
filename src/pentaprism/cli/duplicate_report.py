"""Duplicates as they are told: JSON for scripts, a block for each group for people."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pentaprism.cli.output import bytes_in_words, notes, safe, say
from pentaprism.duplicates.crowds import CROWD
from pentaprism.duplicates.reasons import sentence
from pentaprism.fingerprints.labels import Label

if TYPE_CHECKING:
    from pentaprism.cli.duplicate_sources import Walked
    from pentaprism.duplicates.plain_files import Findings, FoundFile

IN_WORDS = {
    Label.IDENTICAL: "identical",
    Label.SAME_PICTURE: "same picture",
    Label.RECOMPRESSED: "recompressed or resized",
    Label.SIMILAR: "similar",
}
"""What labels are called."""

_REASONS = {
    "vanished": "it was gone when it was to be read",
    "unreadable": "the disk did not give its data",
    "not_permitted": "this user may not read it",
    "not_a_file": "it is no plain file",
    "empty": "it has no content: 0 bytes",
    "damaged": "its data is damaged, or it is not what its name says",
    "unsupported": "its format cannot be read here",
    "too_large": "it has more pixels than are decoded",
    "crashed": "what reads this format crashed at it",
    "timed_out": "reading it took too long",
    "changed": "it changed while it was read",
}
_OTHER = "it could not be read"
_SHOWN = 20
"""The most files that are named to people because they could not be read."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a group; ``size`` is None where it is not known."""

    path: str
    size: int | None
    sha256: str | None
    phash: str | None
    score: float

    @property
    def json(self) -> dict[str, Any]:
        """What scripts get."""
        return {
            "path": self.path,
            "sha256": self.sha256,
            "phash": self.phash,
            "score": round(self.score, 4),
        }


@dataclass(frozen=True, slots=True)
class Told:
    """A group; ``shots`` are the files of each shot, the one to keep first."""

    label: Label
    score: float
    shots: Sequence[Sequence[Member]]
    reasons: Sequence[str]
    gain: int

    @property
    def json(self) -> dict[str, Any]:
        """What scripts get."""
        return {
            "label": self.label.value,
            "keeper": self.shots[0][0].path,
            "members": [member.json for shot in self.shots for member in shot],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; ``unreadable`` are paths with the codes of their reasons.

    ``top`` is the folder that paths are shown in; "" shows them whole. ``remarks`` are sentences.
    """

    groups: Sequence[Told]
    unreadable: Sequence[tuple[str, str]] = ()
    top: str = ""
    remarks: Sequence[str] = ()

    def with_labels(self, labels: Collection[Label]) -> Answer:
        """Return it with groups of these labels only; none means all."""
        groups = [one for one in self.groups if not labels or one.label in labels]
        return Answer(groups, self.unreadable, self.top, self.remarks)

    @property
    def json(self) -> dict[str, Any]:
        """What scripts get."""
        return {
            "groups": [group.json for group in self.groups],
            "unreadable": [{"path": path, "reason": why} for path, why in self.unreadable],
        }


def of_findings(walked: Walked, found: Findings) -> Answer:
    """Return what was found in folders; paths are shown within the folder if it is the only one."""
    groups = [
        Told(
            group.label,
            group.score,
            [[_member(file) for file in shot] for shot in group.shots],
            [sentence(reason) for reason in group.reasons],
            group.bytes,
        )
        for group in found.groups
    ]
    top = walked.tops[0] if len(walked.tops) == 1 else ""
    return Answer(
        groups, [(one.path, one.reason) for one in found.unreadable], top, _remarks(walked, found)
    )


def _member(file: FoundFile) -> Member:
    return Member(
        file.path,
        file.size,
        None if file.sha256 is None else file.sha256.hex(),
        None if file.phash is None else f"{file.phash:016x}",
        file.score,
    )


def _remarks(walked: Walked, found: Findings) -> list[str]:
    remarks = []
    if walked.again:
        names = (
            "1 name is a hard link"
            if walked.again == 1
            else f"{walked.again:,} names are hard links"
        )
        remarks.append(f"{names} to a file that was counted already: no second copy.")
    if walked.links:
        links = "1 link was" if walked.links == 1 else f"{walked.links:,} links were"
        remarks.append(f"{links} not followed.")
    if found.crowded:
        remarks.append(
            f"{found.crowded:,} pictures look much like more than {CROWD} others, as those of a "
            "series do, and were compared with the closest only. A smaller --distance leaves fewer."
        )
    return remarks


def show(answer: Answer) -> None:
    """Print an answer for people: groups and totals, and beside them what could not be read."""
    for group in answer.groups:
        _show_group(group, answer.top)
    for remark in answer.remarks:
        say(safe(remark), to=notes)
    for path, why in answer.unreadable[:_SHOWN]:
        say(f"Not read: {_shown(path, answer.top)}: {_REASONS.get(why, _OTHER)}.", to=notes)
    more = len(answer.unreadable) - _SHOWN
    if more > 0:
        say(f"And {more:,} more were not read; --json lists all.", to=notes)
    say(_totals(answer))


def _show_group(group: Told, top: str) -> None:
    # Rounded down: what is not equal is never told to be all alike.
    likeness = "" if group.score == 1 else f", {min(99, round(group.score * 10_000) // 100)}% alike"
    others = len(group.shots) - 1
    count = "1 duplicate" if others == 1 else f"{others:,} duplicates"
    say(
        f"[bold]{IN_WORDS[group.label]}[/]{likeness}: {count}, {bytes_in_words(group.gain)} to gain"
    )
    for index, shot in enumerate(group.shots):
        for number, member in enumerate(shot):
            mark = ("keep" if index == 0 else "    ") if number == 0 else "   +"
            say(f"{mark}  {_line(member, top)}", indent=2)
        if index == 0:
            for reason in group.reasons:
                say(f"[dim]{safe(reason)}[/]", indent=8)
    say("")


def _line(member: Member, top: str) -> str:
    size = "size unknown" if member.size is None else bytes_in_words(member.size)
    return f"{_shown(member.path, top)}  [dim]{size}[/]"


def _shown(path: str, top: str) -> str:
    return safe(os.path.relpath(path, top) if top and path != top else path)


def _totals(answer: Answer) -> str:
    count = len(answer.groups)
    if not count:
        return "No duplicates."
    others = sum(len(group.shots) - 1 for group in answer.groups)
    gain = sum(group.gain for group in answer.groups)
    groups = "1 group" if count == 1 else f"{count:,} groups"
    duplicates = "1 duplicate" if others == 1 else f"{others:,} duplicates"
    return f"{groups}, {duplicates}, {bytes_in_words(gain)} to gain. Nothing was changed."
