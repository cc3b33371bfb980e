"""Explaining: the rules as a table for people, and why a file is where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from pentaprism.groups.files import Group, Kind, ShotFile
from pentaprism.groups.keys import Keys, Spelling, folder_key
from pentaprism.groups.names import burst_of
from pentaprism.groups.rules import RULES, Rules


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as people read it: its name, an example, and what it does."""

    name: str
    example: str
    says: str


def describe(rules: Rules = RULES) -> list[RuleRow]:
    """Return all rules that a file can be in a group by, in the order in which they are asked."""
    seconds = rules.pair_window.total_seconds()
    hours = rules.edit_window.total_seconds() / 3600
    gap = rules.burst_gap.total_seconds() * 1000
    row = RuleRow
    return [
        row("together", "", "You said that these are one shot."),
        row(
            "identifier", "IMG_1.HEIC, IMG_9.MOV",
            "A still and a video have the same ContentIdentifier, in one folder.",
        ),
        row(
            "raw_jpeg", "X.CR2, X.jpg",
            f"A RAW file and a picture of one name, taken within {seconds:g} s.",
        ),
        row(
            "live_photo", "X.HEIC, X.MOV",
            f"A still and a video of one name, taken within {seconds:g} s.",
        ),
        row("stem", "X.heic, X.jpg", f"The same name but for its ending, within {seconds:g} s."),
        row(
            "own_time", "20240115_143022.dng, 20240115_143022.jpg",
            "The name tells when it was taken; the clock may be off by less than a day.",
        ),
        row("no_time", "X.CR2, X.jpg", "The same name; when it was taken is not known."),
        *(row(mark.name, mark.example, _of_mark(mark.says, mark.makes.name, hours))
          for mark in rules.marks),
        row("sidecar_name", "X.jpg.xmp", "A sidecar of the file that it names, X.jpg."),
        row(
            "sidecar_stem", "X.xmp",
            "A sidecar of the shot X: of the one with a RAW file, where several are called so.",
        ),
        row("burst_name", "DSC_0001_BURST20230709220904977.JPG", "Names of frames of one burst."),
        row("burst_id", "", "The camera wrote the same burst id into these."),
        row(
            "burst_time", "IMG_001.jpg, IMG_002.jpg, IMG_003.jpg",
            f"Three shots at least of one camera, each within {gap:g} ms of the one before.",
        ),
    ]  # fmt: skip


def _of_mark(says: str, makes: str, hours: float) -> str:
    return f"{says} Written within {hours:g} h of the original." if makes == "EDIT" else says


STACKED = "They are stacked in Immich."
"""Why files are together where somebody stacked them in Immich, and not here."""


def sentences(rules: Rules = RULES) -> Mapping[str, str]:
    """Return what each rule does, by its name."""
    return {row.name: row.says for row in describe(rules)}


def alone(
    files: Iterable[ShotFile], groups: Iterable[Group], rules: Rules = RULES
) -> dict[Hashable, str]:
    """Return for each file in no group why it stands alone, as a sentence."""
    every = list(files)
    grouped = {key for group in groups for key in group.members}
    keys = {file.key: _keys(file, rules) for file in every}
    stems = Counter((found.folder, stem) for found, _, stem in keys.values())
    reasons: dict[Hashable, str] = {}
    for file in every:
        if file.key not in grouped:
            found, kind, stem = keys[file.key]
            reasons[file.key] = _reason(file, found, kind, stems[found.folder, stem])
    return reasons


def _keys(file: ShotFile, rules: Rules) -> tuple[Keys, Kind, str]:
    folder, _, name = file.path.rpartition("/")
    spelling = Spelling(name, rules)
    keys = Keys(folder_key(folder, rules), spelling.root, burst_of(spelling.root))
    return keys, spelling.kind, spelling.stem


def _reason(file: ShotFile, keys: Keys, kind: Kind, same_stem: int) -> str:
    if kind is Kind.OTHER:
        return "It is no picture, video or sidecar that is known by its ending."
    if file.apart is not None:
        return "You said that it stands apart."
    if kind is Kind.SIDECAR:
        return "The picture that it would be beside is not in this folder, or is not the only one."
    if same_stem > 1:
        return "Files of this folder have the same name, but were taken at other times."
    if keys.burst is not None:
        return "It is the only frame of its burst here."
    return "No other file of this folder has its name."
