"""``scan``: brings the index of media folders up to date, and groups what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pentaprism.cli.exits import Exit, exit_code
from pentaprism.cli.options import JsonOption, opened, work
from pentaprism.cli.output import error_as_json, notes, print_error, print_json, safe, say
from pentaprism.errors import PentaprismError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.library.progress import ScanProgress
    from pentaprism.store.library_records import IndexedFile, Root

_SHOWN = 10
"""The most files with a problem that are shown of one folder."""

_FILES_AT_ONCE = 1000

_TYPES = {
    "raw_jpeg": ("RAW and JPEG", "RAW and JPEG"),
    "live_photo": ("live photo", "live photos"),
    "edit": ("edit", "edits"),
    "variant": ("variant", "variants"),
    "sidecar": ("with a sidecar", "with sidecars"),
    "burst": ("burst", "bursts"),
}
"""What one group of each type is called where they are counted, and several."""


@dataclass(frozen=True, slots=True)
class _Scanned:
    """A root as it was left, and what its scan has done."""

    root: Root
    progress: ScanProgress

    @property
    def away(self) -> bool:
        from pentaprism.store.library_records import RootState

        return self.root.state is RootState.AWAY


def scan(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]...", help="Media folders; all that are known by default."),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Index media folders: what is new in them is read and grouped; no file is changed."""
    return work(_scan(folders or [], as_json=as_json))


async def _scan(folders: Sequence[Path], *, as_json: bool) -> int:
    from pentaprism.adoption import adopt_roots
    from pentaprism.cli.group_sources import counts_of

    async with opened() as app:
        await adopt_roots(app.store)
        roots = await _roots(app, folders, quiet=as_json)
        if not roots and not as_json:
            say("No folders yet. Begin with: pentaprism scan DIR")
            return Exit.DONE
        done: list[_Scanned] = []
        error: PentaprismError | None = None
        try:
            for root in roots:
                done.append(await _scan_root(app, root, quiet=as_json))
                if not as_json:
                    await _show(app, done[-1])
        except PentaprismError as stopped:
            error = stopped
        found = await counts_of(app)
        counts = {type_.value: count for type_, count in found.items()}
        if as_json:
            print_json(_as_json(done, counts, error))
        elif done:
            say(f"Groups: {_in_words(counts)}.")
    if error is not None:
        if not as_json:
            print_error(error, as_json=False)
        return exit_code(error)
    return Exit.ACTION_REQUIRED if any(one.away for one in done) else Exit.DONE


async def _roots(app: App, folders: Sequence[Path], *, quiet: bool) -> list[Root]:
    """Return the roots that are meant; those that are none yet are made, if all can be had."""
    from pentaprism.adoption import root_owner
    from pentaprism.cli.folders import choose, name_of

    if not folders:
        return await app.store.roots.list()
    chosen = await choose(app, folders)
    for path, root in chosen.within.items():
        if not quiet:
            say(f"{safe(path)} is part of {safe(root.name)}, which is scanned whole.", to=notes)
    whose = await root_owner(app.store)
    made = [await app.store.roots.add(whose, path, name_of(path)) for path in chosen.new]
    return [*chosen.known, *made]


async def _scan_root(app: App, root: Root, *, quiet: bool) -> _Scanned:
    from pentaprism.cli.scan_progress import Followed, follow

    shown = Followed(root.name)
    scanning = app.indexing.scan(root, shown.progress, tell=shown.tell)
    await follow(scanning, shown, quiet=quiet)
    return _Scanned(await app.store.roots.get(root.id), shown.progress)


async def _show(app: App, scanned: _Scanned) -> None:
    root, progress = scanned.root, scanned.progress
    title = f"[bold]{safe(root.name)}[/] ({safe(root.path)})"
    if scanned.away:
        say(f"[yellow]![/] {title} is away: {safe(root.reason or '')} Nothing is forgotten.")
        return
    say(
        f"[green]✓[/] {title}: {progress.files:,} files in {progress.folders:,} folders; "
        f"{progress.added:,} new, {progress.changed:,} changed, {progress.moved:,} moved, "
        f"{progress.missing:,} missing, {progress.read:,} read."
    )
    await _show_problems(app, root)


async def _show_problems(app: App, root: Root) -> None:
    from pentaprism.overview.file_problems import told

    files = await app.store.library_files.problems(root.id, limit=_FILES_AT_ONCE)
    for file in files[:_SHOWN]:
        say(f"[yellow]![/] {safe(file.path)}: {told(file.problem or '')[0]}", indent=2)
    more = await _count_problems(app, root, files) - _SHOWN
    if more > 0:
        say(f"and {more:,} more: pentaprism roots problems {root.id[:8]}", indent=2)


async def _count_problems(app: App, root: Root, files: Sequence[IndexedFile]) -> int:
    count = len(files)
    while len(files) == _FILES_AT_ONCE:
        files = await app.store.library_files.problems(
            root.id, after=files[-1].row, limit=_FILES_AT_ONCE
        )
        count += len(files)
    return count


def _in_words(counts: Mapping[str, int]) -> str:
    """Return how many groups there are of each type, as people say it."""
    told = [
        f"{count:,} {one if count == 1 else several}"
        for type_, (one, several) in _TYPES.items()
        if (count := counts.get(type_, 0))
    ]
    return ", ".join(told) or "none"


def _as_json(
    done: Sequence[_Scanned], counts: Mapping[str, int], error: PentaprismError | None
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "roots": [_row(one.root, one.progress) for one in done],
        "groups": dict(sorted(counts.items())),
    }
    if error is not None:
        told["error"] = error_as_json(error)
    return told


def _row(root: Root, progress: ScanProgress) -> dict[str, Any]:
    return {
        "id": root.id,
        "name": root.name,
        "path": root.path,
        "state": root.state.value,
        "reason": root.reason,
        "folders": progress.folders,
        "files": progress.files,
        "added": progress.added,
        "changed": progress.changed,
        "moved": progress.moved,
        "missing": progress.missing,
        "read": progress.read,
        "problems": progress.problems,
    }
