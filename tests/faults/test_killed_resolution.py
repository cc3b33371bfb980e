"""kill -9 in the middle of resolving duplicates and of undoing it: nothing is half-merged.

As a program this file resolves, undoes, or only brings to its end what was interrupted. A few kills
run with every `make test`, many with `make soak`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from databases import place_database

from pentaprism.errors import ConflictError
from pentaprism.immich import ImmichClient, ImmichOptions
from pentaprism.immich.pace import Pace
from pentaprism.resolution.decision import DecidedFile, DecidedShot, Decision
from pentaprism.resolution.execution import Resolver, alone
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.duplicates import names_of
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.store import Connection, Secrets, Store

KEY = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
CHANGES = (
    "album_add",
    "album_remove",
    "update_album",
    "update_asset",
    "assign_tags",
    "untag_assets",
    "delete_assets",
    "restore_assets",
)

type Pairs = list[tuple[str, str]]


class Merged(NamedTuple):
    """What is merged of an asset."""

    trashed: bool
    albums: frozenset[str]
    covers: frozenset[str]
    favourite: bool
    description: str
    rating: int | None
    place: tuple[float, float] | None
    tags: frozenset[str]


class House:
    """A sandbox with pairs of duplicates, and the program that resolves them as a process."""

    def __init__(self, sandbox: Sandbox, home: Path, pairs: int) -> None:
        self.sandbox, self.library = sandbox, sandbox.library
        named = {asset.filename: asset for asset in self.library.assets.values()}
        names = map(names_of, range(pairs))
        self.pairs = [(named[first], named[copy]) for first, copy in names]
        # The album that only its owner may change stands in the way of nothing here.
        self.library.delete_album(self.library.album_named("Seen by others").id)
        for number, (_, copy) in enumerate(self.pairs):
            self.library.add_album(f"Album {number}", [copy.id])
        self.before = self.states()
        place_database(home / "data.db")
        self.order = home / "order.json"
        ids: Pairs = [(first.id, copy.id) for first, copy in self.pairs]
        order = {"url": sandbox.url, "key": sandbox.api_key, "user": self.library.owner.id}
        self.order.write_text(json.dumps(order | {"pairs": ids, "path": str(home / "data.db")}))

    def states(self) -> list[tuple[Merged, Merged]]:
        return [(self._merged(first), self._merged(copy)) for first, copy in self.pairs]

    def _merged(self, asset: Asset) -> Merged:
        self.library.choose_thumbnails()
        albums = [a for a in self.library.albums.values() if asset.id in a.assets]
        return Merged(
            asset.deleted is not None,
            frozenset(album.name for album in albums),
            frozenset(album.name for album in albums if album.thumbnail_id == asset.id),
            asset.is_favorite,
            asset.description,
            asset.rating,
            None if asset.place is None else (asset.place.latitude, asset.place.longitude),
            frozenset(self.library.tags[id_].value for id_ in asset.tag_ids),
        )

    def assert_whole(self) -> None:
        """Each pair is resolved or as it was before."""
        for was, now in zip(self.before, self.states(), strict=True):
            if not now[1].trashed:
                assert now == was
                continue
            (kept, gone), keeper = was, now[0]
            assert now[1] == gone._replace(trashed=True, covers=frozenset())
            assert keeper.albums == kept.albums | gone.albums
            assert keeper.covers == kept.covers | gone.covers
            assert keeper.tags == kept.tags | gone.tags
            assert keeper.favourite == (kept.favourite or gone.favourite)
            assert kept.description in keeper.description
            assert gone.description in keeper.description
            assert keeper.rating == (kept.rating or gone.rating)
            assert keeper.place == (kept.place or gone.place)

    @property
    def changes(self) -> int:
        traffic = self.sandbox.traffic
        return sum(traffic.of(route).requests for route in CHANGES)

    def start(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, __file__, command, str(self.order)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def run(self, command: str) -> list[str]:
        """Let the program come to its end here, and return the states of the decisions."""
        return asyncio.run(work(command, json.loads(self.order.read_text())))

    def kill(self, command: str, *, after: int, pause: float) -> bool:
        """Kill the program once Immich was asked for so many changes, and a little later."""
        process = self.start(command)
        until = self.changes + after
        while self.changes < until and process.poll() is None:
            time.sleep(0.001)
        time.sleep(pause)
        running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        _, told = process.communicate()
        assert running or not process.returncode, told
        return running


def resolve_and_kill(home: Path, *, kills: int, seed: int, pairs: int) -> None:
    moments = random.Random(seed)
    with Sandbox(
        0, seed, hostile=False, duplicates=pairs, latency=0.01, metadata_delay=0.01
    ) as sandbox:
        house = House(sandbox, home, pairs)

        def kill(command: str) -> bool:
            after = moments.randint(1, max(2, 3 * pairs // (kills + 1)))
            killed = house.kill(command, after=after, pause=moments.uniform(0, 0.03))
            if kills > 1:
                assert set(house.run("recover")) <= {"done", "failed", "undone"}
                house.assert_whole()
            return killed

        assert sum(kill("resolve") for _ in range(kills)) >= 1
        house.run("resolve")
        assert all(copy.trashed for _, copy in house.states())
        house.assert_whole()
        assert sum(kill("undo") for _ in range(kills)) >= 1
        house.run("undo")
        assert house.states() == house.before


def test_resolving_killed_now_and_then(tmp_path: Path) -> None:
    resolve_and_kill(tmp_path, kills=1, seed=3, pairs=3)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1, 2])
def test_resolving_killed_many_times(tmp_path: Path, seed: int) -> None:
    resolve_and_kill(tmp_path, kills=40, seed=seed, pairs=60)


# The program


async def doze(seconds: float) -> None:
    await asyncio.sleep(seconds / 10)


async def work(command: str, order: dict[str, Any]) -> list[str]:
    """Do what ``command`` says, and return how each decision ended."""
    path = Path(order["path"])
    options = ImmichOptions(order["url"], order["key"], retries=0)
    async with (
        await Store.open(path, Secrets.load(KEY, path)) as store,
        ImmichClient(options, pace=Pace(sleep=doze)) as client,
    ):
        connection = await store.connections.save(
            url=order["url"],
            api_key=order["key"],
            user_id=order["user"],
            user_name="Ada",
            user_email="ada@example.test",
            server_version="3.1.0",
            name="Home",
            ca_file=None,
        )
        with alone(store, connection):
            resolver = Resolver(store, client, connection)
            ended = await resolver.begin()
            if command == "resolve":
                ended = await _resolve(store, resolver, connection, order["pairs"])
            elif command == "undo":
                page = await store.journal.page(connection.owner_id, limit=1000)
                ended = [await resolver.undo(resolution) for resolution in page]
    return [str(resolution.state) for resolution in ended]


async def _resolve(
    store: Store, resolver: Resolver, connection: Connection, pairs: Pairs
) -> list[Any]:
    review = await store.journal.begin_review(connection.owner_id)
    ended = []
    for pair in pairs:
        shots = [
            DecidedShot(n, (DecidedFile(n, id_, None, None, None, connection.id, id_),))
            for n, id_ in enumerate(pair)
        ]
        decision = Decision(connection.owner_id, "g", "identical", 1.0, shots[0], (shots[1],))
        try:
            ended.append(await resolver.resolve(decision, review))
        except ConflictError as error:
            if error.code != "nothing_to_do":
                raise
    return ended


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())))
