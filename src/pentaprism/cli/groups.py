"""``groups``: which files belong to one shot."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pentaprism.cli.options import JsonOption
from pentaprism.cli.output import print_json, print_table, safe, say, table
from pentaprism.errors import InvalidError

if TYPE_CHECKING:
    from rich.table import Table

    from pentaprism.groups.files import ShotFile
    from pentaprism.groups.rules import Rules

FoldersArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[DIR]...", help="Folders to look into; the index by default."),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="FILE", help="Group the files of a list in JSON; - is standard input."
    ),
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Say for each file which rule put it where it is.")
]
RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        envvar="GROUP_RULES",
        metavar="FILE",
        help="A TOML file with rules of your own.",
    ),
]
TypeOption = Annotated[
    Literal["raw_jpeg", "live_photo", "edit", "variant", "sidecar", "burst"] | None,
    typer.Option("--type", help="Only groups of this type."),
]
LimitOption = Annotated[
    int | None,
    typer.Option(min=1, help="The most to show; of the index 100 where no JSON is wanted."),
]

_SHOWN = 100
"""The most groups of the index that are shown to people who have not said how many."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asked for."""

    type: str | None
    limit: int | None
    explain: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Groups as JSON, ``shown`` of ``count``; ``alone`` says why files are in none."""

    groups: list[dict[str, Any]]
    shown: int
    count: int
    alone: dict[str, str] | None = None

    @property
    def json(self) -> dict[str, Any]:
        """What scripts get."""
        told: dict[str, Any] = {"groups": self.groups}
        return told if self.alone is None else told | {"alone": self.alone}


def groups(
    folders: FoldersArgument = None,
    listing: FromOption = None,
    rules: RulesOption = None,
    type_: TypeOption = None,
    limit: LimitOption = None,
    explain: ExplainOption = False,
    as_json: JsonOption = False,
) -> int:
    """Show which files belong to one shot: of the index, of folders, or of a list.

    Nothing is changed.
    """
    wish = _Wish(type_, limit, explain, as_json)
    if listing is not None and folders:
        raise InvalidError(
            "Both folders and --from were given.", code="usage", hint="Give one of them."
        )
    if listing is not None:
        answer = _of_listing(_read(listing), rules, wish)
    elif folders:
        answer = _of_folders(folders, rules, wish)
    else:
        answer = _of_index(rules, wish)
    if as_json:
        print_json(answer.json)
    else:
        _show(answer)
    return 0


def _of_listing(text: bytes, rules: Path | None, wish: _Wish) -> Answer:
    from pentaprism.groups.listings import read_listing
    from pentaprism.groups.rules import load_rules

    return _answer([read_listing(text)], load_rules(rules), wish)


def _of_folders(folders: Sequence[Path], rules: Path | None, wish: _Wish) -> Answer:
    from pentaprism.cli.group_sources import files_in
    from pentaprism.cli.logs import show_logs
    from pentaprism.cli.options import work
    from pentaprism.groups.rules import load_rules
    from pentaprism.settings import load_settings

    in_force = load_rules(rules)
    settings = load_settings()
    show_logs(settings.log_level, folder=settings.log_path, log_format=settings.log_format)
    return _answer(work(files_in(folders, in_force)), in_force, wish)


def _of_index(rules: Path | None, wish: _Wish) -> Answer:
    from pentaprism.cli.options import work

    return work(_index(rules, wish))


async def _index(rules: Path | None, wish: _Wish) -> Answer:
    from pentaprism.cli.group_sources import counts_of, groups_in_index
    from pentaprism.cli.options import opened
    from pentaprism.groups.files import GroupType

    async with opened() as app:
        if rules is not None and rules != app.settings.group_rules:
            raise InvalidError(
                "The index is grouped by the rules of the settings.",
                code="usage",
                hint="Set GROUP_RULES and scan again, or give folders.",
            )
        type_ = GroupType(wish.type) if wish.type else None
        limit = wish.limit or (None if wish.as_json else _SHOWN)
        counts = await counts_of(app)
        found, shown = await groups_in_index(app, type_=type_, limit=limit, explain=wish.explain)
    count = sum(counts.values()) if type_ is None else counts.get(type_, 0)
    return Answer(found, shown, count)


def _answer(sources: Iterable[Sequence[ShotFile]], rules: Rules, wish: _Wish) -> Answer:
    """Group the files of each source by itself; the key of a file is the path to show."""
    from pentaprism.groups.explaining import alone, sentences
    from pentaprism.groups.grouping import group
    from pentaprism.groups.listings import groups_as_json

    rows: list[dict[str, Any]] = []
    single: dict[str, str] = {}
    says = sentences(rules) if wish.explain else {}
    for files in sources:
        found = group(files, rules)
        for one in found if wish.explain else ():
            (row,) = groups_as_json([one])
            row["reasons"] = {str(key): says[rule] for key, rule in one.reasons.items()}
            rows.append(row)
        if wish.explain:
            single |= {str(key): why for key, why in alone(files, found, rules).items()}
        else:
            rows += groups_as_json(found)
    rows = [row for row in rows if wish.type in {None, row["type"]}]
    rows.sort(key=lambda row: (row["primary"], row["type"]))
    shown = rows[: wish.limit]
    reasons = dict(sorted(single.items())) if wish.explain else None
    return Answer(shown, len(shown), len(rows), reasons)


def _read(listing: str) -> bytes:
    if listing == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(listing).read_bytes()
    except OSError as error:
        raise InvalidError(
            f"The list of files {listing} cannot be read: {error.strerror}.",
            code="files",
            hint="Check the path.",
        ) from None


def _show(answer: Answer) -> None:
    """Print groups for people: each with its files, the one shown first first."""
    if answer.groups:
        explained = "reasons" in answer.groups[0]
        rows = table("group", "file", *(["why"] if explained else []))
        for one in answer.groups:
            _add(rows, one, explained=explained)
        print_table(rows)
    if answer.alone:
        rows = table("alone", "why")
        for path, why in answer.alone.items():
            rows.add_row(safe(path), safe(why))
        print_table(rows)
    if answer.shown < answer.count:
        every = f"--limit {answer.count} shows all"
        say(f"{answer.count:,} groups, of which these are {answer.shown:,}; {every}.")
    else:
        say(f"{answer.count:,} groups." if answer.count != 1 else "1 group.")


def _add(rows: Table, one: Mapping[str, Any], *, explained: bool) -> None:
    others = list(one["members"])
    others.remove(one["primary"])  # only one: assets may share a name
    for index, path in enumerate([one["primary"], *others]):
        why = [safe(one["reasons"][path])] if explained else []
        name = f"[bold]{safe(path)}[/]" if index == 0 else safe(path)
        rows.add_row(one["type"] if index == 0 else "", name, *why)
