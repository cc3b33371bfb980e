"""Which indexed folders the words of a command line mean, and whose new ones are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pentaprism.errors import ConflictError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.store import Store
    from pentaprism.store.library_records import Root


@dataclass(slots=True)
class Chosen:
    """The roots that folders mean: ``known`` ones, each once, and the paths of ``new`` ones.

    ``within`` has the folders that are only a part of a root.
    """

    known: list[Root] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    within: dict[str, Root] = field(default_factory=dict)


async def choose(app: App, folders: Sequence[Path]) -> Chosen:
    """Return which roots ``folders`` mean; nothing is written.

    Raises `InvalidError` with code ``folder`` for what can be none, and `ConflictError` with code
    ``roots_overlap`` where a root lies in a folder that is none.
    """
    return _choose(app, await app.store.roots.list(), folders)


def _choose(app: App, roots: Sequence[Root], folders: Sequence[Path]) -> Chosen:
    chosen = Chosen()
    for path in real_paths(folders):
        root = next((root for root in roots if lies_in(path, root.path)), None)
        if root is not None:
            if root not in chosen.known:
                chosen.known.append(root)
            if path != root.path:
                chosen.within[path] = root
        elif not any(lies_in(path, other) for other in chosen.new):
            _check(app, path, roots)
            chosen.new.append(path)
    return chosen


async def owners(store: Store) -> list[str]:
    """Return everybody whose files are indexed."""
    roots, connections = await store.roots.list(), await store.connections.list()
    return sorted(
        {root.owner_id for root in roots} | {connection.owner_id for connection in connections}
    )


async def find_root(store: Store, text: str) -> Root:
    """Return the root that ``text`` means: its id, the beginning of it, its name or its folder.

    Raises `NotFoundError`, or `InvalidError` when several fit.
    """
    roots = await store.roots.list()
    (path,) = real_paths([Path(text)])
    exact = [root for root in roots if text in (root.id, root.name) or path == root.path]
    found = exact or [root for root in roots if text and root.id.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        which = "; ".join(f"{root.id} ({root.path})" for root in found)
        raise InvalidError(
            f"{len(found)} indexed folders are meant by “{text}”.",
            code="ambiguous",
            hint=f"Give the id of the one that is meant: {which}.",
        )
    raise NotFoundError(
        f"There is no indexed folder “{text}”.",
        code="root_not_found",
        hint="`pentaprism roots` lists them.",
    )


def real_paths(folders: Iterable[Path]) -> list[str]:
    """Return where folders are, each once, by path: a folder comes before those in it."""
    return sorted({os.path.realpath(folder) for folder in folders})


def name_of(path: str) -> str:
    """Return what a root at ``path`` is called where nobody said."""
    return os.path.basename(path) or path


def lies_in(path: str, folder: str) -> bool:
    """Tell whether ``path`` is ``folder`` or lies below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def check_folder(path: str) -> None:
    """Raise `InvalidError` where there is no folder that can be listed at ``path``."""
    try:
        os.scandir(path).close()
    except OSError as error:
        raise InvalidError(
            f"{path} cannot be listed: {error.strerror}.",
            code="folder",
            hint="Give a folder of this machine that this user may read.",
        ) from error


def _check(app: App, path: str, roots: Sequence[Root]) -> None:
    check_folder(path)
    if path == os.path.realpath(app.settings.database_path.parent):
        raise InvalidError(
            f"{path} is the folder of Pentaprism's own database.",
            code="folder",
            hint="Give a folder of photos.",
        )
    below = [root for root in roots if lies_in(root.path, path)]
    if below:
        raise ConflictError(
            f"The folder {below[0].path} lies in {path}, and is indexed already.",
            code="roots_overlap",
            hint="To index the upper one with all that is below it, remove the lower one first: "
            f"pentaprism roots remove {below[0].id}",
        )
