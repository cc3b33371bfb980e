"""Random changes in Immich and in the folder, round after round, against what must always hold."""

from __future__ import annotations

import random
from pathlib import Path, PurePosixPath

import pytest
from mirror_world import World, damage, edit, tree

from pentaprism.sandbox.immich import Sandbox
from pentaprism.store.records import RunStatus

ROUNDS = 8
NAMES = ["IMG.jpg", "img.JPG", "e\u0301.jpg", "\u00e9.jpg", "IMG~1.jpg", "../IMG.jpg", "IMG.mov"]


class Life:
    """A person who uses Immich and the folder; ``edits`` are the files that are theirs now."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.edits: dict[str, bytes] = {}
        self.left_behind: set[str] = set()
        self._rng = random.Random(seed)
        self._edited = 0
        world.add("anchor.jpg")  # an album that came back empty would hold all removals

    def act(self) -> None:
        immich = [self.join, self.join, self.join, self.replace, self.leave, self.come_back,
                  self.trash, self.restore]  # fmt: skip
        here = [self.edit, self.delete, self.damage]
        for action in self._rng.choices(immich, k=4) + self._rng.choices(here, k=2):
            action()

    def join(self) -> None:
        name, kind = self._rng.choice(NAMES), self._rng.randrange(4)
        if kind == 0:
            id_, _ = self.world.add_live(name, "half.mov")
        elif kind == 1:
            id_ = self.world.add_external(name)
        else:
            id_ = self.world.add(name)
        # In any order: what joins last may be listed first.
        self.world.library.assets[id_].taken = 1_500_000_000_000 + self._rng.randrange(1000)

    def replace(self) -> None:
        for id_ in self._some(list(self.world.album.assets)):
            self.world.library.replace(id_, self._rng.randbytes(40))

    def leave(self) -> None:
        self.world.library.remove_from_album(
            self.world.album.id, self._some(list(self.world.album.assets)[1:])
        )

    def come_back(self) -> None:
        away = [
            asset.id
            for asset in self.world.library.assets.values()
            if asset.visibility == "timeline" and "/data/upload/" in asset.path
        ]
        self.world.library.add_to_album(self.world.album.id, self._some(away[-10:]))

    def trash(self) -> None:
        self.world.library.trash(self._some(list(self.world.album.assets)[1:]))

    def restore(self) -> None:
        self.world.library.restore(self._some(list(self.world.album.assets)))

    def edit(self) -> None:
        for path in self._some(sorted(tree(self.world.folder))):
            self._edited += 1
            self.edits[path] = b"a person's work %d" % self._edited
            edit(self.world.folder / path, self.edits[path])

    def delete(self) -> None:
        for path in self._some(sorted(tree(self.world.folder))):
            self.edits.pop(path, None)
            (self.world.folder / path).unlink()

    def damage(self) -> None:
        for path in self._some(sorted(tree(self.world.folder).keys() - self.edits.keys())):
            damage(self.world.folder / path, b"")

    def _some(self, things: list[str]) -> list[str]:
        return [self._rng.choice(things)] if things else []


async def check(world: World, life: Life) -> dict[str, str]:
    """Check that the folder is the album and what is a person's; return the paths by asset."""
    files = tree(world.folder)
    for path, work in life.edits.items():
        assert files[path] == work
    paths = {item.asset_id: item.remote_id or "" for item in await world.items()}
    wanted = [world.library.assets[id_] for id_ in world.album.assets]
    wanted = [asset for asset in wanted if asset.deleted is None]
    for asset in wanted:
        for id_ in (asset.id, asset.live_video_id):
            if id_ is not None and paths[id_] not in life.edits:
                assert files[paths[id_]] == world.content(id_)
    halves = {asset.live_video_id for asset in wanted}
    assert paths.keys() == ({asset.id for asset in wanted} | halves) - {None}
    assert len(set(paths.values())) == len(paths)
    # The other half of a live photo that a person has edited stays with it, when both leave.
    others = files.keys() - set(paths.values()) - life.edits.keys()
    edited = tuple(PurePosixPath(path).stem for path in life.edits)
    assert all(path.startswith(edited) for path in others - life.left_behind)
    life.left_behind |= others
    assert set(paths.values()) <= files.keys()
    return paths


@pytest.mark.parametrize("seed", range(4))
async def test_the_folder_is_the_album_and_a_persons_work_is_never_lost(
    tmp_path: Path, seed: int
) -> None:
    async with Sandbox(assets=0, hostile=False) as sandbox:
        world = World(tmp_path, sandbox)
        life = Life(world, seed)
        before: dict[str, str] = {}
        await world.run(removals="trash")
        for _ in range(ROUNDS):
            life.act()
            done = await world.run()
            assert (done.status, done.hold) == (RunStatus.OK, None)
            after = await check(world, life)
            moved = {id_ for id_ in before.keys() & after.keys() if before[id_] != after[id_]}
            assert {before[id_] for id_ in moved} <= life.edits.keys()
            before = after
            again = await world.run()
            assert again.originals == 0
            assert set(again.codes) <= {"edited_kept"}
        lost = await world.run(database="new.db", removals="trash")
        assert (lost.status, lost.counters.failed) == (RunStatus.OK, 0)
        assert {path: tree(world.folder)[path] for path in life.edits} == life.edits
