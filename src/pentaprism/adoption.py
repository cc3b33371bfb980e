"""What the command line has made before anybody could own it, and whose it becomes."""

from __future__ import annotations

from dataclasses import replace

from pentaprism.store import Connection, Store

NOBODY = "local"
"""Whose a root is while there is no connection."""

_FILES_AT_ONCE = 1000


async def home(store: Store) -> Connection | None:
    """Return the home connection that was saved last: its owner is whoever runs the server."""
    ours = {connection.id for connection in await store.connections.homes()}
    every = await store.connections.list()
    return next((connection for connection in every if connection.id in ours), None)


async def root_owner(store: Store) -> str:
    """Return whose a root is that the command line makes."""
    connection = await home(store)
    return connection.owner_id if connection else NOBODY


async def adopt_roots(store: Store) -> bool:
    """Give the roots of nobody to the owner of the home connection, once there is one.

    Their groups follow when files are grouped the next time. Return whether there are any.
    """
    roots = await store.roots.list(NOBODY)
    connection = await home(store) if roots else None
    if connection is None:
        return False
    for root in roots:
        await store.roots.update(root.id, owner_id=connection.owner_id)
        after = 0
        while files := await store.library_files.files(root.id, after=after, limit=_FILES_AT_ONCE):
            after = files[-1].row
            await store.neighbours.ungroup([file.row for file in files])
    return True


async def adopt_accounts(store: Store) -> None:
    """Give accounts that were connected before there was an owner to the first one."""
    first = await store.connections.default()
    if first is None:
        return
    for account in await store.accounts.list():
        if account.owner_id is None:
            await store.accounts.update(replace(account, owner_id=first.owner_id))
