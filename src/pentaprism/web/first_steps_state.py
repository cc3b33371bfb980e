"""What somebody has chosen so far in their first steps; kept with their preferences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from pentaprism.assets import Album
from pentaprism.mirrors.names import fit, safe_name
from pentaprism.program import Program
from pentaprism.store import Person
from pentaprism.store.records import Account, AccountState, Connection
from pentaprism.web.schedule_form import ScheduleForm

FOLDER, GOOGLE = "local_folder", "google_photos"

_KEPT = "first_steps"


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices; empty where nothing was chosen.

    Those from ``when`` on are the fields of a `ScheduleForm`.
    """

    connection: str = ""
    albums: tuple[str, ...] = ()
    kind: str = ""
    path: str = ""
    account: str = ""
    when: str = ""
    number: str = "6"
    unit: str = "hours"
    at: str = "03:00"
    expression: str = "0 3 * * *"

    @property
    def next_step(self) -> str:
        """Return the first step at which something is still to be chosen."""
        if not self.albums:
            return "albums"
        if not self.kind:
            return "destination"
        return "start" if self.when else "schedule"

    @property
    def schedule(self) -> ScheduleForm:
        """Return when the mirrors shall run; each day where nothing was chosen yet."""
        when = self.when or "daily"
        return ScheduleForm(when, self.number, self.unit, self.at, self.expression)


def choices_of(person: Person) -> Choices:
    """Return what ``person`` has chosen so far."""
    kept = person.preferences.get(_KEPT)
    if not isinstance(kept, Mapping):
        return Choices()
    known = {name: kept[name] for name in Choices.__slots__ if name in kept}
    return Choices(**known | {"albums": tuple(known.get("albums", ()))})


async def remember(program: Program, person: Person, **chosen: Any) -> Choices:
    """Keep what was ``chosen``, beside what was before."""
    choices = replace(choices_of(person), **chosen)
    kept = {**person.preferences, _KEPT: asdict(choices)}
    await program.app.store.people.set_preferences(person.id, kept)
    return choices


async def forget(program: Program, person: Person) -> None:
    """Forget the choices: the first steps are done."""
    left = {name: value for name, value in person.preferences.items() if name != _KEPT}
    await program.app.store.people.set_preferences(person.id, left)


async def connection_of(program: Program, person: Person) -> Connection | None:
    """Return the connection that the steps are about: the chosen one, or the one saved last."""
    mine = await program.app.store.connections.list(person.id)
    wanted = choices_of(person).connection
    return next((one for one in mine if one.id == wanted), mine[0] if mine else None)


async def accounts_of(program: Program, person: Person) -> list[Account]:
    """Return the accounts of ``person`` that can be filled."""
    accounts = await program.app.accounts.list(person.id)
    return [one for one in accounts if one.state is AccountState.CONNECTED]


def folders(path: str, albums: Sequence[Album]) -> list[str]:
    """Return a folder for each of ``albums`` in the folder ``path``, none of them twice."""
    taken: set[str] = set()
    made = []
    for album in albums:
        name, number = safe_name(album.name), 2
        while name.casefold() in taken:
            name, number = fit(safe_name(album.name), f" {number}"), number + 1
        taken.add(name.casefold())
        made.append(str(PurePosixPath(path) / name))
    return made
