"""``doctor``: says what is wrong, what to do about it, and what every setting means."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pentaprism.cli.exits import Exit
from pentaprism.cli.options import CaOption, JsonOption, KeyOption, UrlOption, opened, work
from pentaprism.cli.output import print_json, safe, say
from pentaprism.errors import PentaprismError

if TYPE_CHECKING:
    from pentaprism.cli.inspection import Finding
    from pentaprism.inspection import Setting


def doctor(
    url: UrlOption = None,
    api_key: KeyOption = None,
    ca_file: CaOption = None,
    as_json: JsonOption = False,
) -> int:
    """Look at the settings, the database, Immich, the key, and the folders of mirrors and index."""
    return work(_doctor(url, api_key, ca_file, as_json=as_json))


async def _doctor(
    url: str | None, api_key: str | None, ca_file: Path | None, *, as_json: bool
) -> int:
    from pentaprism.cli.inspection import failed, look, look_at_program
    from pentaprism.cli.library_inspection import look_at_library
    from pentaprism.inspection import settings_of

    findings = [look_at_program()]
    settings: list[Setting] = []
    try:
        async with opened(url, api_key, ca_file) as app:
            settings = settings_of(app.settings)
            findings += [finding async for finding in look(app)]
            findings += [finding async for finding in look_at_library(app)]
    except PentaprismError as error:  # neither settings nor database: nothing else can be looked at
        findings.append(failed("start", error))
    healthy = all(finding.ok for finding in findings)
    if as_json:
        print_json(
            {
                "ok": healthy,
                "checks": [asdict(finding) for finding in findings],
                "settings": [asdict(setting) for setting in settings],
            }
        )
    else:
        _show(findings, settings)
    return Exit.DONE if healthy else Exit.ACTION_REQUIRED


def _show(findings: list[Finding], settings: list[Setting]) -> None:
    for finding in findings:
        sign = "[green]✓[/]" if finding.ok else "[red]✗[/]"
        say(f"{sign} [bold]{safe(finding.what)}[/]: {safe(finding.message)}")
        if finding.hint:
            say(safe(finding.hint), indent=4)
    if not settings:
        return
    say("\nSettings, from the environment:")
    for setting in settings:
        value = safe(setting.value) or "[dim]not set[/]"
        source = "" if setting.source == "default" else f"  [dim]from {setting.source}[/]"
        say(f"[bold]{setting.name}[/] {value}{source}")
        say(f"[dim]{safe(setting.meaning)}[/]", indent=4)
