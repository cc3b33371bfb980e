"""``duplicates``: pictures that are there more than once, in folders or in the index."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pentaprism.cli.options import JsonOption
from pentaprism.errors import InvalidError
from pentaprism.fingerprints.labels import Label

if TYPE_CHECKING:
    from pentaprism.cli.duplicate_report import Answer
    from pentaprism.settings import Settings

FoldersArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[DIR]...", help="Folders to look into; the index by default."),
]
DistanceOption = Annotated[
    int | None,
    typer.Option(
        "--distance",
        min=0,
        max=16,
        help="The most bits of 64 by which two pictures may differ to be compared; else "
        "DUPLICATE_DISTANCE.",
    ),
]
SymmetriesOption = Annotated[
    bool,
    typer.Option(
        "--symmetries", help="Find turned and mirrored copies, too; else DUPLICATE_SYMMETRIES."
    ),
]
ExactOption = Annotated[
    bool, typer.Option("--exact", help="Find files with the same bytes only; look at no picture.")
]
LabelOption = Annotated[
    list[Label] | None,
    typer.Option("--label", help="Only groups with this label; may be given several times."),
]
KeeperRulesOption = Annotated[
    Path | None,
    typer.Option(
        "--keeper-rules",
        metavar="FILE",
        help="A TOML file that says what you would rather keep; else KEEPER_RULES.",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=64,
        help="Processes that look at pictures; else DUPLICATE_WORKERS, or half of the cores.",
    ),
]


ScanOption = Annotated[
    bool, typer.Option("--scan", help="Bring the duplicates of the index up to date first.")
]


@dataclass(frozen=True, slots=True)
class _Options:
    """What the command line asked for; None and False leave it to the settings."""

    distance: int | None
    symmetries: bool
    exact: bool
    keeper_rules: Path | None
    workers: int | None
    quiet: bool


def duplicates(
    folders: FoldersArgument = None,
    distance: DistanceOption = None,
    symmetries: SymmetriesOption = False,
    exact: ExactOption = False,
    label: LabelOption = None,
    keeper_rules: KeeperRulesOption = None,
    workers: WorkersOption = None,
    scan: ScanOption = False,
    as_json: JsonOption = False,
) -> int:
    """Find pictures that are there more than once, and say which one to keep.

    Nothing is deleted or changed.
    """
    from pentaprism.cli.duplicate_report import show
    from pentaprism.cli.output import print_json

    options = _Options(distance, symmetries, exact, keeper_rules, workers, quiet=as_json)
    if folders and scan:
        raise InvalidError(
            "--scan is about the index, and folders were given.",
            code="usage",
            hint="Leave out one of them: folders are always looked at anew.",
        )
    if folders:
        answer = _of_folders(folders, options).with_labels(label or ())
    else:
        answer = _of_index(options, label or (), scan=scan)
    if as_json:
        print_json(answer.json)
    else:
        show(answer)
    return 0


def _of_folders(folders: Sequence[Path], options: _Options) -> Answer:
    from pentaprism.cli.logs import show_logs
    from pentaprism.cli.options import work
    from pentaprism.settings import load_settings

    settings = load_settings()
    show_logs(settings.log_level, folder=settings.log_path, log_format=settings.log_format)
    return work(_search(folders, options, settings))


async def _search(folders: Sequence[Path], options: _Options, settings: Settings) -> Answer:
    import asyncio

    from pentaprism.cli.duplicate_progress import follow, look_at
    from pentaprism.cli.duplicate_report import of_findings
    from pentaprism.cli.duplicate_sources import Walked, find, walk
    from pentaprism.duplicates.keeper_rules import load_keeper_rules
    from pentaprism.duplicates.plain_files import Findings, Progress, Wish
    from pentaprism.groups.rules import load_rules

    rules = load_rules(settings.group_rules)
    keeper_rules = load_keeper_rules(options.keeper_rules or settings.keeper_rules)
    distance = settings.duplicate_distance if options.distance is None else options.distance
    wish = Wish(distance, options.symmetries or settings.duplicate_symmetries, options.exact)
    progress = Progress()

    async def search() -> tuple[Walked, Findings]:
        walked = await asyncio.to_thread(walk, folders, rules, progress)
        return walked, await find(
            walked,
            wish,
            progress,
            group_rules=rules,
            keeper_rules=keeper_rules,
            workers=options.workers or settings.duplicate_workers,
        )

    walked, found = await follow(
        search(),
        lambda: look_at(progress),
        left="Nothing was changed, and nothing of it is left.",
        quiet=options.quiet,
    )
    return of_findings(walked, found)


def _of_index(options: _Options, labels: Collection[Label], *, scan: bool) -> Answer:
    from pentaprism.cli.duplicate_index import answer_of_index
    from pentaprism.cli.options import work

    told = (options.distance, options.keeper_rules, options.workers)
    if any(each is not None for each in told) or options.symmetries or options.exact:
        raise InvalidError(
            "The index is searched by the settings.",
            code="usage",
            hint="Set DUPLICATE_DISTANCE and the like, and add --scan; or give folders.",
        )
    return work(answer_of_index(labels, scan=scan, quiet=options.quiet))
