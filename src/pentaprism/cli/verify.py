"""``verify`` and ``repair``: whether what was mirrored is still there, byte for byte."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pentaprism.cli.exits import Exit
from pentaprism.cli.options import JsonOption, MirrorArgument, find_mirror, opened, work
from pentaprism.cli.output import print_json, safe, say

if TYPE_CHECKING:
    from pentaprism.mirrors.verification import Finding


def verify(mirror: MirrorArgument, as_json: JsonOption = False) -> int:
    """Read every mirrored file and say how it stands; changes nothing."""
    return work(_verify(mirror, as_json=as_json))


async def _verify(text: str, *, as_json: bool) -> int:
    from pentaprism.mirrors.verification import Standing
    from pentaprism.mirrors.verification import verify as findings

    counts: Counter[str] = Counter()
    notable: list[Finding] = []
    async with opened() as app:
        mirror = await find_mirror(app, text)
        destination = await app.open_destination(mirror)
        try:
            async for page in findings(app.store, mirror, destination):
                counts.update(finding.standing.name.lower() for finding in page)
                notable += [f for f in page if f.is_loss or f.standing is Standing.EDITED]
        finally:
            await destination.close()
    lost = any(finding.is_loss for finding in notable)
    if as_json:
        files = [
            {"path": f.item.path or f.item.filename, "standing": f.standing.name.lower()}
            for f in notable
        ]
        print_json({"mirror": mirror.id, "counts": dict(counts), "files": files})
        return Exit.SOME_FAILED if lost else Exit.DONE
    for finding in notable:
        sign = "[red]✗[/]" if finding.is_loss else " "
        name = finding.item.path or finding.item.filename
        say(f"{sign} {safe(name)}: {finding.standing.value}")
    total = sum(counts.values())
    parts = (f"{counts[s.name.lower()]:,} {s.value}" for s in Standing if counts[s.name.lower()])
    say(f"{total:,} files looked at: {', '.join(parts) or 'nothing mirrored yet'}.")
    if lost:
        say(f"Fetch what is lost again: pentaprism repair {mirror.id[:8]}")
    return Exit.SOME_FAILED if lost else Exit.DONE


def repair(mirror: MirrorArgument, as_json: JsonOption = False) -> int:
    """Read every mirrored file, and fetch again what is missing or damaged."""
    return work(_repair(mirror, as_json=as_json))


async def _repair(text: str, *, as_json: bool) -> int:
    from pentaprism.app import RunOptions
    from pentaprism.cli.report import run_and_report

    async with opened() as app:
        mirror = await find_mirror(app, text)
        connection = await app.mirror_connection(mirror)
        return await run_and_report(
            app, mirror, connection, RunOptions(thorough=True), as_json=as_json
        )
