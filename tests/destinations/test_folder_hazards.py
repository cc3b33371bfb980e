"""The rows of the hazards table that are the folder's to meet, one test or more for each."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pictures import Bytes, live, make_asset, make_part, one, sha1, taken_at

from pentaprism.assets import Exif, Role
from pentaprism.destinations.base import Opening, Presence, RemoteAlbum, RemoteItem, Shot, Staged
from pentaprism.destinations.local_folder.destination import LocalFolder
from pentaprism.destinations.local_folder.marker import Marker, read_marker
from pentaprism.destinations.local_folder.options import FolderOptions
from pentaprism.errors import ActionRequiredError, ConflictError, PermanentError

ALBUM = RemoteAlbum("album", "Album")
FRESH = Opening("mirror-1", "album-1", fresh=True)
KNOWN = replace(FRESH, fresh=False)


def make_folder(path: Path, opening: Opening = FRESH, **options: object) -> LocalFolder:
    settings = FolderOptions.model_validate({"path": path, **options})
    return LocalFolder(settings, opening, today=lambda: date(2025, 1, 31))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "photos"


@pytest.fixture
async def folder(root: Path) -> AsyncIterator[LocalFolder]:
    folder = make_folder(root)
    await folder.check()
    yield folder
    await folder.close()


@contextmanager
def acting_as_owner_without_privileges(root: Path) -> Iterator[None]:
    """Make ``root`` and act as a plain user who owns it, also where tests run as root."""
    root.mkdir()
    if os.geteuid() != 0:
        yield
        return
    for above in root.parents[:4]:  # as deep as pytest and its workers nest them
        above.chmod(0o755)
    os.chown(root, 65534, -1)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


async def put(folder: LocalFolder, *shots: Shot) -> list[RemoteItem]:
    staged = [await folder.stage(ALBUM, shot) for shot in shots]
    results = await folder.commit(ALBUM, staged)
    assert [result.error for result in results] == [None] * len(shots)
    return [item for result in results for item in result.items]


def left_in(root: Path) -> list[str]:
    return os.listdir(root / ".pentaprism/tmp")


class TestTargetNotMounted:
    @pytest.mark.parametrize("swap", ["empty", "gone"])
    async def test_an_empty_mount_point_is_refused_and_left_empty(
        self, root: Path, swap: str
    ) -> None:
        first = make_folder(root)
        await first.check()
        await first.close()
        root.rename(root.with_name("elsewhere"))
        if swap == "empty":
            root.mkdir()
        again = make_folder(root, KNOWN)
        with pytest.raises(ActionRequiredError) as caught:
            await again.check()
        await again.close()
        assert caught.value.code == "not_mounted"
        assert "--start-again" in caught.value.hint
        assert not root.exists() or not os.listdir(root)

    async def test_a_marker_that_cannot_be_read_is_an_error_of_its_own(self, root: Path) -> None:
        (root / ".pentaprism").mkdir(parents=True)
        (root / ".pentaprism/mirror.json").write_text('{"mirror": 1}')
        again = make_folder(root, KNOWN)
        with pytest.raises(ActionRequiredError) as caught:
            await again.check()
        await again.close()
        assert caught.value.code == "bad_marker"

    async def test_a_file_in_place_of_the_folder_is_refused(self, root: Path) -> None:
        root.write_bytes(b"")
        folder = make_folder(root)
        with pytest.raises(ActionRequiredError):
            await folder.check()
        await folder.close()


class TestFolderMoved:
    async def test_the_marker_finds_it_again_and_nothing_is_fetched(self, root: Path) -> None:
        first = make_folder(root)
        await first.check()
        items = await put(first, one("2021/a.jpg", b"picture"))
        await first.close()
        moved = root.rename(root.with_name("moved"))
        assert read_marker(moved) == Marker("mirror-1", "album-1")
        assert read_marker(root) is None
        again = make_folder(moved, KNOWN)
        await again.check()
        assert await again.survey(ALBUM, items) == [Presence.PRESENT]
        await again.close()


class TestDatabaseLost:
    async def test_listing_and_staging_again_download_nothing(self, root: Path) -> None:
        first = make_folder(root)
        await first.check()
        shots = [live(f"d/{n}", b"still %d" % n, b"video %d" % n) for n in range(20)]
        items = await put(first, *shots)
        await first.close()
        again = make_folder(root)
        await again.check()
        listed = {item.id: item.sha1 async for item in again.list(ALBUM)}
        assert listed == {item.id: item.sha1 for item in items}
        staged = [await again.stage(ALBUM, shot) for shot in shots]
        assert {(one.downloaded, one.adopted) for one in staged} == {(0, True)}
        results = await again.commit(ALBUM, staged)
        assert [item for result in results for item in result.items] == items
        await again.close()


class TestDiskFull:
    async def test_too_little_free_space_refuses_before_a_byte_is_written(self, root: Path) -> None:
        folder = make_folder(root, min_free=1 << 60)
        await folder.check()
        with pytest.raises(ActionRequiredError) as caught:
            await folder.stage(ALBUM, one("a.jpg", b"picture"))
        assert caught.value.code == "disk_full"
        assert left_in(root) == []
        await folder.close()

    def test_a_full_disk_stops_the_run_and_the_old_file_is_whole(self, tmp_path: Path) -> None:
        """A tmpfs in a mount namespace of its own, so that nothing stays mounted."""
        unshare = shutil.which("unshare")
        if unshare is None:
            pytest.skip("no unshare(1) here, so no small disk can be made")
        rights = [] if os.geteuid() == 0 else ["--map-root-user"]
        script = Path(__file__).with_name("full_disk.py")
        mount = 'mount -t tmpfs -o size=3m tmpfs "$1" || exit 77; exec "$2" "$3" "$1"'
        done = subprocess.run(
            [
                unshare,
                "--mount",
                *rights,
                "sh",
                "-c",
                mount,
                "sh",
                tmp_path,
                sys.executable,
                script,
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 77 or "unshare failed" in done.stderr:
            pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["disk_full", "disk_full", "old-whole", "tmp-empty"]


class TestEmptyOrTruncatedFile:
    @pytest.mark.parametrize("left", [0, 3])
    async def test_it_is_damaged_not_edited_and_fetched_again(
        self, root: Path, folder: LocalFolder, left: int
    ) -> None:
        (item,) = await put(folder, one("a.jpg", b"picture"))
        file, before = root / "a.jpg", (root / "a.jpg").stat()
        os.truncate(file, left)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert await folder.survey(ALBUM, [item]) == [Presence.DAMAGED]
        await put(folder, one("a.jpg", b"picture", replaces=item))
        assert file.read_bytes() == b"picture"

    async def test_flipped_bytes_are_found_and_repaired(
        self, root: Path, folder: LocalFolder
    ) -> None:
        (item,) = await put(folder, one("a.jpg", b"picture"))
        file = root / "a.jpg"
        file.write_bytes(b"pictuRe")
        os.utime(file, ns=(item.mtime_ns or 0, item.mtime_ns or 0))
        assert await folder.survey(ALBUM, [item], thorough=True) == [Presence.DAMAGED]
        await put(folder, one("a.jpg", b"picture", replaces=item))
        assert await folder.survey(ALBUM, [item], thorough=True) == [Presence.PRESENT]


class TestEdited:
    async def test_a_file_that_was_only_touched_gets_its_time_back(
        self, root: Path, folder: LocalFolder
    ) -> None:
        (item,) = await put(folder, one("a.jpg", b"picture"))
        (root / "a.jpg").touch()
        assert await folder.survey(ALBUM, [item]) == [Presence.PRESENT]
        assert (root / "a.jpg").stat().st_mtime_ns == item.mtime_ns

    async def test_a_link_in_place_of_the_file_is_a_persons_doing(
        self, root: Path, folder: LocalFolder, tmp_path: Path
    ) -> None:
        (item,) = await put(folder, one("a.jpg", b"picture"))
        (root / "a.jpg").rename(tmp_path / "target.jpg")
        (root / "a.jpg").symlink_to(tmp_path / "target.jpg")
        assert await folder.survey(ALBUM, [item]) == [Presence.EDITED]
        (result,) = await folder.remove(ALBUM, [[item]])
        assert result.error is not None
        assert result.error.code == "edited"
        assert (tmp_path / "target.jpg").read_bytes() == b"picture"


class TestSymlinksInTheWay:
    @pytest.fixture
    def outside(self, tmp_path: Path) -> Path:
        outside = tmp_path / "outside"
        outside.mkdir()
        return outside

    @staticmethod
    def swap(root: Path, outside: Path) -> None:
        """Put a link in place of a folder, moving what was there behind the link."""
        (root / "d").rename(outside / "moved")
        (root / "d").symlink_to(outside / "moved")

    async def test_a_folder_swapped_in_mid_run_is_refused_at_every_step(
        self, root: Path, folder: LocalFolder, outside: Path
    ) -> None:
        (item,) = await put(folder, one("d/a.jpg", b"first"))
        staged = await folder.stage(ALBUM, one("d/b.jpg", b"second"))
        self.swap(root, outside)
        (result,) = await folder.commit(ALBUM, [staged])
        assert isinstance(result.error, PermanentError)
        assert result.error.code == "not_a_folder"
        with pytest.raises(PermanentError) as caught:
            await folder.stage(ALBUM, one("d/c.jpg", b"third"))
        assert caught.value.code == "not_a_folder"
        (removed,) = await folder.remove(ALBUM, [[item]])
        assert isinstance(removed.error, PermanentError)
        assert await folder.survey(ALBUM, [item]) == [Presence.MISSING]
        assert os.listdir(outside / "moved") == ["a.jpg"]
        assert left_in(root) == []

    async def test_the_listing_does_not_follow_links(
        self, root: Path, folder: LocalFolder, outside: Path
    ) -> None:
        (outside / "secret").write_bytes(b"secret")
        (root / "folder").symlink_to(outside)
        (root / "file").symlink_to(outside / "secret")
        assert [item async for item in folder.list(ALBUM)] == []

    @pytest.mark.parametrize("kind", ["link", "dangling", "folder", "fifo"])
    async def test_what_is_no_file_is_a_taken_target(
        self, root: Path, folder: LocalFolder, outside: Path, kind: str
    ) -> None:
        target = root / "a.jpg"
        if kind == "folder":
            target.mkdir()
        elif kind == "fifo":
            os.mkfifo(target)
        else:
            target.symlink_to(outside if kind == "link" else "nowhere")
        with pytest.raises(ConflictError) as caught:
            await folder.stage(ALBUM, one("a.jpg", b"picture"))
        assert caught.value.code == "target_taken"

    async def test_a_twin_behind_a_link_is_not_linked(
        self, folder: LocalFolder, outside: Path
    ) -> None:
        (outside / "real.jpg").write_bytes(b"picture")
        (outside / "twin.jpg").symlink_to("real.jpg")
        part = make_part("a.jpg", b"picture", twin=str(outside / "twin.jpg"))
        staged = await folder.stage(ALBUM, Shot((part,)))
        assert (staged.linked, staged.downloaded) == (False, 7)


class TestPathsThatLeaveTheFolder:
    @pytest.mark.parametrize(
        "path",
        [
            "../a",
            "d/../../a",
            "/a",
            ".pentaprism/tmp/a",
            ".Pentaprism/a",
            "d/../a",
            "a\0b",
            "..",
            "\ud800",
        ],
    )
    async def test_they_are_refused(self, folder: LocalFolder, path: str) -> None:
        with pytest.raises(PermanentError) as caught:
            await folder.stage(ALBUM, one(path, b"picture"))
        assert caught.value.code == "bad_path"
        item = RemoteItem(path, 7, 0, sha1(b"picture"))
        assert await folder.survey(ALBUM, [item]) == [Presence.MISSING]
        (result,) = await folder.remove(ALBUM, [[item]])
        assert result.error is not None

    async def test_a_bad_path_among_good_ones_spoils_none(self, folder: LocalFolder) -> None:
        (good,) = await put(folder, one("d/a", b"picture"))
        bad = RemoteItem("d/..", 7, 0, sha1(b""))
        expected = [Presence.MISSING, Presence.PRESENT]
        assert await folder.survey(ALBUM, [bad, good]) == expected


class TestNamesTooLong:
    async def test_the_file_fails_and_the_rest_goes_on(
        self, root: Path, folder: LocalFolder
    ) -> None:
        with pytest.raises(PermanentError) as caught:
            await folder.stage(ALBUM, one("é" * 128, b"picture"))
        assert caught.value.code == "name_too_long"
        await put(folder, one("é" * 127, b"picture"))
        assert left_in(root) == []


class TestNotOurs:
    async def test_a_file_of_the_same_content_is_adopted_as_it_is(
        self, root: Path, folder: LocalFolder
    ) -> None:
        (root / "a.jpg").write_bytes(b"picture")
        before = (root / "a.jpg").stat()
        shot = one("a.jpg", b"picture")
        staged = await folder.stage(ALBUM, shot)
        assert (staged.adopted, staged.downloaded) == (True, 0)
        (result,) = await folder.commit(ALBUM, [staged])
        after = (root / "a.jpg").stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert result.items == (
            RemoteItem("a.jpg", 7, before.st_mtime_ns, sha1(b"picture"), verified=True),
        )
        assert isinstance(shot.primary.content, Bytes)
        assert shot.primary.content.reads == 0

    @pytest.mark.parametrize(
        ("size", "right_time", "adopted"),
        [(7, True, True), (8, True, False), (None, True, False), (7, False, False)],
    )
    async def test_an_external_asset_is_adopted_by_size_and_time(
        self, root: Path, folder: LocalFolder, size: int | None, right_time: bool, adopted: bool
    ) -> None:
        asset = replace(make_asset(b"picture", of_content=False), exif=Exif(size=size))
        (root / "a.jpg").write_bytes(b"picture")
        if right_time:
            seconds = asset.taken_at.timestamp() + 1
            os.utime(root / "a.jpg", (seconds, seconds))
        shot = Shot((make_part("a.jpg", b"picture", asset=asset),))
        if not adopted:
            with pytest.raises(ConflictError):
                await folder.stage(ALBUM, shot)
            return
        staged = await folder.stage(ALBUM, shot)
        assert staged.adopted
        (result,) = await folder.commit(ALBUM, [staged])
        assert not result.items[0].verified
        assert result.items[0].sha1 == sha1(b"picture")


class TestReplaced:
    async def test_the_old_version_is_in_the_trash(self, root: Path, folder: LocalFolder) -> None:
        (old,) = await put(folder, one("d/a.jpg", b"first"))
        (new,) = await put(folder, one("d/a.jpg", b"second", replaces=old))
        await put(folder, one("d/a.jpg", b"third", replaces=new))
        assert (root / "d/a.jpg").read_bytes() == b"third"
        kept = {entry.id for entry in folder.trash.entries()}
        assert kept == {"2025-01-31/d/a.jpg", "2025-01-31.2/d/a.jpg"}
        trash = root / ".pentaprism/trash"
        assert (trash / "2025-01-31/d/a.jpg").read_bytes() == b"first"
        assert (trash / "2025-01-31.2/d/a.jpg").read_bytes() == b"second"

    async def test_when_the_second_half_fails_the_first_is_as_before(
        self, root: Path, folder: LocalFolder
    ) -> None:
        (old,) = await put(folder, one("a.heic", b"first"))
        shot = live("a", b"second", b"video")
        shot = Shot((replace(shot.primary, replaces=old), shot.parts[1]))
        staged = await folder.stage(ALBUM, shot)
        (root / "a.mov").write_bytes(b"theirs")
        (result,) = await folder.commit(ALBUM, [staged])
        assert result.error is not None
        assert (root / "a.heic").read_bytes() == b"first"
        assert await folder.survey(ALBUM, [old]) == [Presence.PRESENT]
        assert list(folder.trash.entries()) == []
        assert left_in(root) == []


class TestHardLinks:
    @pytest.fixture
    def twin(self, tmp_path: Path) -> Path:
        twin = tmp_path / "other" / "twin.jpg"
        twin.parent.mkdir()
        twin.write_bytes(b"picture")
        return twin

    @staticmethod
    async def stage(folder: LocalFolder, twin: Path) -> Staged:
        part = make_part("a.jpg", b"picture", twin=str(twin))
        return await folder.stage(ALBUM, Shot((part,)))

    async def test_a_file_of_another_mirror_is_shared(
        self, root: Path, folder: LocalFolder, twin: Path
    ) -> None:
        staged = await self.stage(folder, twin)
        assert (staged.downloaded, staged.linked) == (0, True)
        (result,) = await folder.commit(ALBUM, [staged])
        assert (root / "a.jpg").samefile(twin)
        assert result.items[0].verified
        assert await folder.survey(ALBUM, result.items, thorough=True) == [Presence.PRESENT]

    @pytest.mark.parametrize("fault", ["other bytes", "gone", "folder"])
    async def test_what_is_not_the_same_is_downloaded(
        self, root: Path, folder: LocalFolder, twin: Path, fault: str
    ) -> None:
        if fault == "other bytes":
            twin.write_bytes(b"PICTURE")
        else:
            twin.unlink()
        if fault == "folder":
            twin.mkdir()
        staged = await self.stage(folder, twin)
        assert (staged.downloaded, staged.linked) == (7, False)
        await folder.commit(ALBUM, [staged])
        assert (root / "a.jpg").read_bytes() == b"picture"

    async def test_they_can_be_switched_off(self, tmp_path: Path, twin: Path) -> None:
        folder = make_folder(tmp_path / "apart", hard_links=False)
        await folder.check()
        assert (await self.stage(folder, twin)).downloaded == 7
        await folder.close()


class TestTwoInstances:
    @pytest.mark.usefixtures("folder")
    def test_another_process_is_refused_while_this_one_holds_the_lock(self, root: Path) -> None:
        script = Path(__file__).with_name("lock_folder.py")
        done = subprocess.run(
            [sys.executable, script, root],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["locked", str(os.getpid())]

    @pytest.mark.parametrize(("first", "second"), [("a", "a/b/c"), ("a/b/c", "a")])
    async def test_nested_folders_are_refused(
        self, tmp_path: Path, first: str, second: str
    ) -> None:
        outer = make_folder(tmp_path / first)
        await outer.check()
        before = sorted(tmp_path.rglob("*"))
        inner = make_folder(tmp_path / second, Opening("mirror-2", "album-2", fresh=True))
        with pytest.raises(ActionRequiredError) as caught:
            await inner.check()
        assert caught.value.code == "nested"
        assert str(tmp_path / first) in str(caught.value)
        assert sorted(tmp_path.rglob("*")) == before
        await inner.close()
        await outer.close()


class TestNoPermission:
    async def test_a_folder_that_may_not_be_written_is_named_with_the_user(
        self, root: Path
    ) -> None:
        with acting_as_owner_without_privileges(root):
            root.chmod(0o555)
            folder = make_folder(root)
            with pytest.raises(ActionRequiredError) as caught:
                await folder.check()
            await folder.close()
            user = pwd.getpwuid(os.geteuid()).pw_name
        assert caught.value.code == "no_permission"
        assert f"{user} may not write to {root}" in str(caught.value)

    async def test_one_file_fails_and_the_rest_goes_on(self, root: Path) -> None:
        closed, sealed = root / "closed", root / "sealed"
        with acting_as_owner_without_privileges(root):
            folder = make_folder(root)
            await folder.check()
            await put(folder, one("closed/old.jpg", b"old"), one("sealed/old.jpg", b"old"))
            closed.chmod(0o555)
            sealed.chmod(0)
            names = ["closed/new.jpg", "open/new.jpg"]
            staged = [await folder.stage(ALBUM, one(name, b"new")) for name in names]
            refused, fine = await folder.commit(ALBUM, staged)
            with pytest.raises(PermanentError) as caught:
                await folder.stage(ALBUM, one("sealed/new.jpg", b"new"))
            listed = {item.id: item.sha1 async for item in folder.list(ALBUM)}
            for sub in (closed, sealed):
                sub.chmod(0o755)
            await folder.close()
        assert isinstance(refused.error, PermanentError)
        assert (refused.error.code, caught.value.code) == ("no_permission", "no_permission")
        assert fine.error is None
        assert listed == {
            "closed/old.jpg": sha1(b"old"),
            "open/new.jpg": sha1(b"new"),
            "sealed": None,
        }


class TestTimes:
    @pytest.mark.parametrize(
        "instant",
        [
            datetime(1962, 3, 4, 5, 6, 7, 890000, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
        ],
    )
    async def test_a_file_carries_the_time_of_capture(
        self, root: Path, folder: LocalFolder, instant: datetime
    ) -> None:
        part = taken_at(make_part("a.jpg", b"picture"), instant)
        (item,) = await put(folder, Shot((part,)))
        seconds = (root / "a.jpg").stat().st_mtime
        assert seconds == pytest.approx(instant.timestamp(), abs=1e-5)
        assert await folder.survey(ALBUM, [item]) == [Presence.PRESENT]

    async def test_rounding_as_fat_does_is_no_edit(self, root: Path, folder: LocalFolder) -> None:
        (item,) = await put(folder, one("a.jpg", b"picture"))
        even = (item.mtime_ns or 0) // 2_000_000_000 * 2_000_000_000
        os.utime(root / "a.jpg", ns=(even, even))
        assert await folder.survey(ALBUM, [item]) == [Presence.PRESENT]
        assert (root / "a.jpg").stat().st_mtime_ns == even


class TestLivePhotoAndSidecar:
    async def test_all_files_of_a_shot_go_and_come_back_together(
        self, root: Path, folder: LocalFolder
    ) -> None:
        still, video = live("d/a", b"still", b"video").parts
        sidecar = make_part("d/a.heic.xmp", b"<xmp/>", role=Role.SIDECAR)
        items = await put(folder, Shot((still, video, sidecar)))
        assert (await folder.remove(ALBUM, [items]))[0].error is None
        assert sorted(os.listdir(root)) == [".pentaprism"]
        entries = list(folder.trash.entries())
        assert [entry.path for entry in entries] == ["d/a.heic", "d/a.heic.xmp", "d/a.mov"]
        for entry in entries:
            folder.trash.restore(entry.id)
        assert await folder.survey(ALBUM, items) == [Presence.PRESENT] * 3


class TestNamesThatAreNotUtf8:
    async def test_they_are_listed_with_surrogate_escapes(
        self, root: Path, folder: LocalFolder
    ) -> None:
        with open(os.fsencode(root) + b"/caf\xe9.jpg", "wb") as file:
            file.write(b"theirs")
        (item,) = [item async for item in folder.list(ALBUM)]
        assert item.id == "caf\udce9.jpg"
        assert item.sha1 == sha1(b"theirs")
