"""The mirrors that the first steps lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pentaprism.app import RunOptions
from pentaprism.assets import Album
from pentaprism.definitions import define
from pentaprism.errors import PentaprismError
from pentaprism.jobs.runner import RunInTheWayError
from pentaprism.mirrors.definition import Definition
from pentaprism.program import Program
from pentaprism.store import Person
from pentaprism.store.records import Connection, Mirror, Run, StartedBy
from pentaprism.web.first_steps_state import FOLDER, Choices, folders


@dataclass(frozen=True, slots=True)
class Wish:
    """One album and what its mirror shall be made with; ``place`` is for people."""

    album: Album
    kind: str
    values: dict[str, str]
    place: str


@dataclass(slots=True)
class Made:
    """What came of the wishes: the mirrors, the runs that were started, and what failed."""

    mirrors: list[Mirror] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    failed: list[tuple[Album, PentaprismError]] = field(default_factory=list)


def wishes(choices: Choices, albums: Sequence[Album], account_name: str = "") -> list[Wish]:
    """Return the mirrors that ``choices`` mean, one for each of ``albums``."""
    if choices.kind != FOLDER:
        values = {"account": choices.account}
        return [Wish(album, choices.kind, values, account_name) for album in albums]
    return [
        Wish(album, FOLDER, {"path": path}, path)
        for album, path in zip(albums, folders(choices.path, albums), strict=True)
    ]


async def defined(
    program: Program, person: Person, connection: Connection, wish: Wish
) -> Definition:
    """Return what mirror ``wish`` means; raises as `pentaprism.definitions.define` does."""
    return await define(
        program.app,
        person,
        connection=connection,
        album=wish.album,
        kind=wish.kind,
        values=wish.values,
    )


async def make(
    program: Program,
    person: Person,
    connection: Connection,
    choices: Choices,
    wanted: Sequence[Wish],
    *,
    start: bool,
) -> Made:
    """Make the mirrors, and with ``start`` let their schedules count and start their runs.

    One that cannot be made or started does not keep the others from it.
    """
    schedule, made = choices.schedule.read(), Made()
    for wish in wanted:
        try:
            mirror = await (await defined(program, person, connection, wish)).save()
            if start:
                mirror = await program.clock.plan(mirror, schedule)
                await _start(program, mirror, made)
            else:
                recorded = schedule.record() if schedule else None
                mirror = await program.app.store.mirrors.update(mirror.id, schedule=recorded)
        except PentaprismError as error:
            made.failed.append((wish.album, error))
        else:
            made.mirrors.append(mirror)
    return made


async def _start(program: Program, mirror: Mirror, made: Made) -> None:
    try:
        run = await program.runner.start(mirror, RunOptions(started_by=StartedBy.PERSON))
    except RunInTheWayError:
        return  # it runs already, which is what was wanted
    made.runs.append(run)
