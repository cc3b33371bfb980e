"""docs/cli.md says what the command line does: every command, option, exit code and field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from command_line import CommandLine, Place

from pentaprism.cli import app
from pentaprism.cli.exits import Exit
from pentaprism.mirrors.templates import FIELDS

REFERENCE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n([^\0]*?)(?=^## |\Z)", REFERENCE, re.MULTILINE))
_GENERAL = {"--help", "-h", "--version"}


def _commands(command: Any, path: str = "pentaprism") -> Iterator[tuple[str, Any]]:
    for name, below in command.commands.items():
        yield f"{path} {name}", below
        if hasattr(below, "commands"):
            yield from _commands(below, f"{path} {name}")


COMMANDS = dict(_commands(typer.main.get_command(app)))


def _options(command: Any) -> set[str]:
    """The options of a command, as they are typed."""
    return {
        text
        for parameter in command.params
        for text in (*parameter.opts, *parameter.secondary_opts)
        if text.startswith("-")
    } - _GENERAL


def test_every_command_has_its_section_and_no_other_has_one() -> None:
    assert {title for title in SECTIONS if title.startswith("pentaprism ")} == set(COMMANDS)
    assert all(f"`{option}`" in REFERENCE for option in _GENERAL)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_of_a_command_is_in_its_section(path: str) -> None:
    listed = "".join(re.findall(r"^- .*:", SECTIONS[path], re.MULTILINE))
    assert set(re.findall(r"`(--?[a-z-]+)`", listed)) == _options(COMMANDS[path])


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_has_its_help(path: str) -> None:
    command = COMMANDS[path]
    assert command.help
    for parameter in command.params:
        assert parameter.help, parameter.name


def test_the_exit_codes_are_those_of_the_program() -> None:
    listed = re.findall(r"^\| (\d+) \|", SECTIONS["Exit codes"], re.MULTILINE)
    assert [int(code) for code in listed] == sorted(Exit)


def test_the_fields_of_a_template_are_those_of_the_program() -> None:
    listed = SECTIONS["pentaprism mirror"].partition("Fields: ")[2].partition(".\n")[0]
    assert re.findall(r"`{(\w+)}`", listed) == list(FIELDS)


def _fields(value: Any) -> set[str]:
    """All names of fields in a JSON value, but for what is free below ``options`` and the like."""
    free = {"options", "details", "counts"}
    if isinstance(value, list):
        return set().union(*map(_fields, value))
    if isinstance(value, dict):
        inner = (_fields(below) for name, below in value.items() if name not in free)
        return set(value).union(*inner)
    return set()


@pytest.mark.parametrize(
    "command",
    [
        "connect {url} --api-key {key}",
        "albums",
        "mirror Holiday --to {to}",
        "mirror Holiday --to {to} --dry-run",
        "mirrors list",
        "mirrors pause Holiday",
        "mirrors resume Holiday",
        "mirrors delete Holiday --yes",
        "runs list",
        "runs show {run}",
        "verify Holiday",
        "trash list Holiday",
        "trash restore Holiday --all",
        "trash empty Holiday --yes",
        "doctor",
    ],
)
def test_every_field_of_json_is_in_the_section(
    command: str, pentaprism: CommandLine, mirrored: Place
) -> None:
    mirrored.leave(1)
    pentaprism.done("mirror", "Holiday", "--to", mirrored.to, "--removals", "trash")
    (mirrored.folder / mirrored.files()[0]).write_bytes(b"mine")
    run = pentaprism.done("runs", "--json").json[0]["run"]
    names = {"url": mirrored.sandbox.url, "key": mirrored.sandbox.api_key, "to": mirrored.to}
    told = pentaprism.done(*command.format(run=run, **names).split(), "--json").json
    words = f"pentaprism {command}".split()
    path = next(" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in COMMANDS)
    section = SECTIONS[path] + (SECTIONS["pentaprism runs list"] if "runs" in path else "")
    fields = _fields(told)
    assert fields
    assert {field for field in fields if f"`{field}`" not in section} == set()
