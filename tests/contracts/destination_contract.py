"""What every destination must do; a test class of its own runs the suite for each kind.

A subclass gives the suite a `Place`: how to open the destination, and how to look and to reach
behind its back. What a destination declares it cannot do is not asked of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

import pytest
from pictures import Broken, Bytes, live, make_album, make_asset, make_part, one, sha1

from pentaprism.assets import Role
from pentaprism.destinations.base import (
    Destination,
    Opening,
    Presence,
    RemoteAlbum,
    RemoteItem,
    Shot,
)
from pentaprism.errors import ActionRequiredError, ConflictError, PermanentError


class AnyPlace(Protocol):
    """A destination seen from outside."""

    def open(self, opening: Opening) -> Destination: ...

    def read(self, name: str) -> bytes | None: ...

    def delete(self, name: str) -> None: ...

    def shown(self) -> list[str]:
        """Name what a person would see, in the order of the album where it has one."""
        ...


class Place(AnyPlace, Protocol):
    """A destination of files seen from outside."""

    def write(self, path: str, data: bytes, *, keep_time: bool = False) -> None:
        """Change a file as a person would, or as a fault that leaves its time would."""
        ...

    def paths(self) -> list[str]:
        """Name every file that a person would see."""
        ...

    def temporary(self) -> int:
        """Count what lies around and is not visible yet."""
        ...


FRESH = Opening("mirror-1", "album-1", fresh=True)
KNOWN = replace(FRESH, fresh=False)


async def put(destination: Destination, *shots: Shot) -> list[RemoteItem]:
    """Stage and commit shots that shall succeed, and return their items."""
    album = RemoteAlbum("album", "Album")
    staged = [await destination.stage(album, shot) for shot in shots]
    results = await destination.commit(album, staged)
    assert [result.error for result in results] == [None] * len(shots)
    return [item for result in results for item in result.items]


class DestinationContract:
    """What holds for every destination; a subclass has the fixtures ``place`` and ``opened``."""

    @pytest.fixture
    async def remote(self, opened: Destination) -> RemoteAlbum:
        return await opened.ensure_album(None, make_album("Album"))

    async def test_staged_is_hidden_and_committed_is_visible(
        self, place: AnyPlace, opened: Destination, remote: RemoteAlbum
    ) -> None:
        staged = await opened.stage(remote, one("a.jpg", b"picture"))
        assert staged.downloaded == len(b"picture")
        assert (staged.adopted, staged.linked) == (False, False)
        assert place.shown() == []
        (result,) = await opened.commit(remote, [staged])
        (item,) = result.items
        assert (item.size, item.sha1, item.verified) == (7, sha1(b"picture"), True)
        assert item.id
        assert place.shown() == ["a.jpg"]
        assert place.read("a.jpg") == b"picture"

    async def test_verified_is_what_the_download_says(
        self, opened: Destination, remote: RemoteAlbum
    ) -> None:
        asset = make_asset(b"outside", of_content=False)
        content = Bytes(b"outside", verified=False)
        shot = Shot((make_part("a.jpg", b"outside", asset=asset, content=content),))
        (item,) = await put_into(opened, remote, shot)
        assert not item.verified
        assert item.sha1 == sha1(b"outside")

    async def test_a_commit_may_be_repeated(
        self, place: AnyPlace, opened: Destination, remote: RemoteAlbum
    ) -> None:
        staged = [await opened.stage(remote, one(f"{n}.jpg", b"%d" % n)) for n in range(3)]
        first = await opened.commit(remote, staged)
        again = await opened.commit(remote, staged)
        assert [r.items[0].id for r in again] == [r.items[0].id for r in first]
        assert place.shown() == ["0.jpg", "1.jpg", "2.jpg"]

    async def test_what_is_committed_costs_no_second_download(
        self, place: AnyPlace, opened: Destination, remote: RemoteAlbum
    ) -> None:
        (item,) = await put_into(opened, remote, one("a.jpg", b"picture"))
        again = await opened.stage(remote, one("a.jpg", b"picture", replaces=item))
        assert again.downloaded == 0
        (result,) = await opened.commit(remote, [again])
        assert result.items[0].id == item.id
        assert place.shown() == ["a.jpg"]

    async def test_nothing_is_committed_removed_and_surveyed(
        self, opened: Destination, remote: RemoteAlbum
    ) -> None:
        assert list(await opened.commit(remote, [])) == []
        assert list(await opened.remove(remote, [])) == []
        assert list(await opened.survey(remote, [])) == []

    async def test_a_failed_download_shows_nothing(
        self, place: AnyPlace, opened: Destination, remote: RemoteAlbum
    ) -> None:
        content = Broken(b"picture" * 1000)
        shot = Shot((make_part("a.jpg", content.data, content=content),))
        with pytest.raises(PermanentError) as caught:
            await opened.stage(remote, shot)
        assert caught.value.code == "wrong_bytes"
        assert place.shown() == []

    async def test_whole_batches_stay_in_their_order(
        self, place: AnyPlace, opened: Destination, remote: RemoteAlbum
    ) -> None:
        names = [f"{n:02}.jpg" for n in range(opened.features.commit_batch)]
        await put_into(opened, remote, *(one(name, name.encode()) for name in names))
        assert place.shown() == names

    async def test_what_is_removed_is_shown_no_more(
        self, place: AnyPlace, opened: Destination, remote: RemoteAlbum
    ) -> None:
        items = await put_into(opened, remote, one("a.jpg", b"a"), one("b.jpg", b"b"))
        results = await opened.remove(remote, [[items[0]]])
        assert [result.error for result in results] == [None]
        assert place.shown() == ["b.jpg"]

    async def test_what_a_person_took_away_counts_as_removed(
        self, place: AnyPlace, opened: Destination, remote: RemoteAlbum
    ) -> None:
        items = await put_into(opened, remote, one("a.jpg", b"a"), one("b.jpg", b"b"))
        place.delete("a.jpg")
        results = await opened.remove(remote, [[item] for item in items])
        assert [result.error for result in results] == [None, None]
        assert place.shown() == []

    async def test_all_that_is_there_is_listed(
        self, opened: Destination, remote: RemoteAlbum
    ) -> None:
        items = await put_into(opened, remote, one("a.jpg", b"a"), one("b.jpg", b"b"))
        assert {item.id async for item in opened.list(remote)} == {item.id for item in items}

    async def test_an_album_is_made_once_and_keeps_its_place(self, opened: Destination) -> None:
        album = await opened.ensure_album(None, make_album("Holiday"))
        assert album.title == "Holiday"
        assert await opened.ensure_album(album, make_album("Holiday 2021")) == album

    async def test_what_was_put_is_known_after_opening_again(
        self, place: AnyPlace, opened: Destination, remote: RemoteAlbum
    ) -> None:
        items = await put_into(opened, remote, one("a.jpg", b"picture"))
        await opened.stage(remote, one("b.jpg", b"never committed"))
        await opened.close()
        await opened.close()
        again = place.open(KNOWN)
        await again.check()
        assert list(await again.survey(remote, items)) == [Presence.PRESENT]
        assert place.shown() == ["a.jpg"]
        await again.close()


async def put_into(destination: Destination, album: RemoteAlbum, *shots: Shot) -> list[RemoteItem]:
    """Stage and commit shots that shall succeed, and return their items."""
    staged = [await destination.stage(album, shot) for shot in shots]
    results = await destination.commit(album, staged)
    assert [result.error for result in results] == [None] * len(shots)
    return [item for result in results for item in result.items]


class FileContract(DestinationContract):
    """What holds besides for destinations whose items are files with paths.

    A subclass has the fixture ``place``.
    """

    album = RemoteAlbum("album", "Album")

    @pytest.fixture
    async def opened(self, place: Place) -> AsyncIterator[Destination]:
        destination = place.open(FRESH)
        await destination.check()
        yield destination
        await destination.close()

    async def test_a_path_is_the_files_name(self, place: Place, opened: Destination) -> None:
        (item,) = await put(opened, one("2021/a.jpg", b"picture"))
        assert item.id == "2021/a.jpg"
        assert place.read("2021/a.jpg") == b"picture"
        assert place.temporary() == 0

    async def test_an_empty_file_is_a_file(self, place: Place, opened: Destination) -> None:
        items = await put(opened, one("empty.jpg", b""))
        assert place.read("empty.jpg") == b""
        assert await opened.survey(self.album, items) == [Presence.PRESENT]

    async def test_commit_may_be_repeated(self, place: Place, opened: Destination) -> None:
        staged = await opened.stage(self.album, live("a", b"still", b"video"))
        first = await opened.commit(self.album, [staged])
        again = await opened.commit(self.album, [staged])
        assert again == first
        assert place.paths() == ["a.heic", "a.mov"]

    async def test_staging_what_is_there_adopts_it(self, place: Place, opened: Destination) -> None:
        place.write("a.heic", b"still")
        shot = live("a", b"still", b"video")
        first = await opened.stage(self.album, shot)
        assert (first.downloaded, first.adopted) == (5, False)
        (result,) = await opened.commit(self.album, [first])
        assert [item.sha1 for item in result.items] == [sha1(b"still"), sha1(b"video")]
        again = await opened.stage(self.album, shot)
        assert (again.downloaded, again.adopted) == (0, True)
        assert await opened.commit(self.album, [again]) == [result]

    async def test_a_strangers_file_is_never_overwritten(
        self, place: Place, opened: Destination
    ) -> None:
        place.write("a.jpg", b"theirs")
        shot = one("a.jpg", b"ours")
        with pytest.raises(ConflictError) as caught:
            await opened.stage(self.album, shot)
        assert caught.value.code == "target_taken"
        assert place.read("a.jpg") == b"theirs"
        assert place.temporary() == 0

    async def test_a_conflict_costs_no_download(self, place: Place, opened: Destination) -> None:
        place.write("a.mov", b"theirs")
        still = make_part("a.heic", b"still")
        video = make_part("a.mov", b"video", role=Role.VIDEO)
        with pytest.raises(ConflictError):
            await opened.stage(self.album, Shot((still, video)))
        assert isinstance(still.content, Bytes)
        assert still.content.reads == 0

    async def test_a_file_that_appears_before_the_commit_is_kept(
        self, place: Place, opened: Destination
    ) -> None:
        staged = await opened.stage(self.album, live("a", b"still", b"video"))
        place.write("a.mov", b"theirs")
        (result,) = await opened.commit(self.album, [staged])
        assert isinstance(result.error, ConflictError)
        assert result.error.code == "target_taken"
        assert place.paths() == ["a.mov"]
        assert place.read("a.mov") == b"theirs"
        assert place.temporary() == 0

    async def test_a_new_version_replaces_ours(self, place: Place, opened: Destination) -> None:
        (old,) = await put(opened, one("a.jpg", b"first"))
        (new,) = await put(opened, one("a.jpg", b"second", replaces=old))
        assert place.read("a.jpg") == b"second"
        assert new.sha1 == sha1(b"second")
        assert place.paths() == ["a.jpg"]

    async def test_a_new_version_spares_an_edit(self, place: Place, opened: Destination) -> None:
        (old,) = await put(opened, one("a.jpg", b"first"))
        place.write("a.jpg", b"edited by a person")
        with pytest.raises(ConflictError) as caught:
            await opened.stage(self.album, one("a.jpg", b"second", replaces=old))
        assert caught.value.code == "edited"
        assert place.read("a.jpg") == b"edited by a person"

    async def test_an_edit_before_the_commit_is_spared(
        self, place: Place, opened: Destination
    ) -> None:
        (old,) = await put(opened, one("a.jpg", b"first"))
        staged = await opened.stage(self.album, one("a.jpg", b"second", replaces=old))
        place.write("a.jpg", b"edited by a person")
        (result,) = await opened.commit(self.album, [staged])
        assert isinstance(result.error, ConflictError)
        assert result.error.code == "edited"
        assert place.read("a.jpg") == b"edited by a person"

    async def test_a_damaged_file_is_replaced(self, place: Place, opened: Destination) -> None:
        (old,) = await put(opened, one("a.jpg", b"picture"))
        place.write("a.jpg", b"pict", keep_time=True)
        await put(opened, one("a.jpg", b"picture", replaces=old))
        assert place.read("a.jpg") == b"picture"

    async def test_failed_staging_leaves_nothing(self, place: Place, opened: Destination) -> None:
        still = make_part("a.heic", b"still")
        video = make_part("a.mov", b"video", role=Role.VIDEO, content=Broken(b"video"))
        with pytest.raises(PermanentError) as caught:
            await opened.stage(self.album, Shot((still, video)))
        assert caught.value.code == "wrong_bytes"
        assert place.paths() == []
        assert place.temporary() == 0

    async def test_discard_leaves_nothing(self, place: Place, opened: Destination) -> None:
        staged = await opened.stage(self.album, live("a", b"still", b"video"))
        await opened.discard(staged)
        await opened.discard(staged)
        assert place.paths() == []
        assert place.temporary() == 0

    async def test_one_failure_in_a_commit_is_that_shots_alone(
        self, place: Place, opened: Destination
    ) -> None:
        names = ["a.jpg", "b.jpg", "c.jpg"]
        staged = [await opened.stage(self.album, one(name, name.encode())) for name in names]
        place.write("b.jpg", b"theirs")
        results = await opened.commit(self.album, staged)
        assert [result.error is None for result in results] == [True, False, True]
        assert place.paths() == names

    async def test_sidecars_are_written_and_cost_no_download(
        self, place: Place, opened: Destination
    ) -> None:
        picture = make_part("a.jpg", b"picture")
        sidecar = make_part("a.jpg.xmp", b"<xmp/>", role=Role.SIDECAR)
        staged = await opened.stage(self.album, Shot((picture, sidecar)))
        assert staged.downloaded == len(b"picture")
        await opened.commit(self.album, [staged])
        assert place.read("a.jpg.xmp") == b"<xmp/>"
        again = await opened.stage(self.album, Shot((picture, sidecar)))
        assert (again.downloaded, again.adopted) == (0, True)

    async def test_survey_tells_the_four_cases(self, place: Place, opened: Destination) -> None:
        names = ["present", "missing", "truncated", "emptied", "edited", "touched"]
        items = await put(opened, *(one(f"d/{name}", name.encode()) for name in names))
        place.delete("d/missing")
        place.write("d/truncated", b"trunc", keep_time=True)
        place.write("d/emptied", b"")
        place.write("d/edited", b"EDITED")
        place.write("d/touched", b"touched")
        assert await opened.survey(self.album, items) == [
            Presence.PRESENT,
            Presence.MISSING,
            Presence.DAMAGED,
            Presence.DAMAGED,
            Presence.EDITED,
            Presence.PRESENT,
        ]

    async def test_a_thorough_survey_reads_contents(
        self, place: Place, opened: Destination
    ) -> None:
        items = await put(opened, *(one(f"{n}.jpg", b"picture %d" % n) for n in range(40)))
        place.write("7.jpg", b"PICTURE 7", keep_time=True)
        assert set(await opened.survey(self.album, items)) == {Presence.PRESENT}
        presences = await opened.survey(self.album, items, thorough=True)
        assert [n for n, p in enumerate(presences) if p is Presence.DAMAGED] == [7]
        assert set(presences) == {Presence.PRESENT, Presence.DAMAGED}

    async def test_survey_answers_in_order(self, opened: Destination) -> None:
        paths = ["b/2", "a", "b/1", "c/d/e"]
        items = await put(opened, *(one(path, path.encode()) for path in paths))
        gone = RemoteItem("b/3", 1, 1, sha1(b""))
        presences = await opened.survey(self.album, [items[3], gone, *items[:3]])
        assert [p is Presence.PRESENT for p in presences] == [True, False, True, True, True]

    async def test_remove_takes_whole_shots(self, place: Place, opened: Destination) -> None:
        shot = await put(opened, live("a", b"still", b"video"))
        other = await put(opened, one("b.jpg", b"other"))
        assert [r.error for r in await opened.remove(self.album, [shot])] == [None]
        assert place.paths() == ["b.jpg"]
        assert await opened.survey(self.album, [*shot, *other]) == [
            Presence.MISSING,
            Presence.MISSING,
            Presence.PRESENT,
        ]

    async def test_remove_leaves_a_shot_that_was_edited(
        self, place: Place, opened: Destination
    ) -> None:
        edited = await put(opened, live("a", b"still", b"video"))
        other = await put(opened, one("b.jpg", b"other"))
        place.write("a.mov", b"edited by a person")
        results = await opened.remove(self.album, [edited, other])
        assert isinstance(results[0].error, ConflictError)
        assert results[0].error.code == "edited"
        assert results[1].error is None
        assert place.paths() == ["a.heic", "a.mov"]

    async def test_what_is_gone_counts_as_removed(self, place: Place, opened: Destination) -> None:
        items = await put(opened, one("a.jpg", b"picture"))
        place.delete("a.jpg")
        assert [r.error for r in await opened.remove(self.album, [items])] == [None]

    async def test_list_yields_everything_with_true_hashes(
        self, place: Place, opened: Destination
    ) -> None:
        await put(opened, one("d/a.jpg", b"ours"), one("b.jpg", b"picture"))
        place.write("theirs.txt", b"a person's")
        place.write("b.jpg", b"PICTURE", keep_time=True)
        found = {item.id: item async for item in opened.list(self.album)}
        assert {path: item.sha1 for path, item in found.items()} == {
            "d/a.jpg": sha1(b"ours"),
            "b.jpg": sha1(b"PICTURE"),
            "theirs.txt": sha1(b"a person's"),
        }
        assert found["d/a.jpg"].size == 4

    async def test_what_is_listed_can_be_surveyed(self, place: Place, opened: Destination) -> None:
        await put(opened, one("a.jpg", b"ours"))
        place.write("b.jpg", b"theirs")
        listed = [item async for item in opened.list(self.album)]
        assert set(await opened.survey(self.album, listed, thorough=True)) == {Presence.PRESENT}

    async def test_what_was_there_is_there_after_opening_again(self, place: Place) -> None:
        first = place.open(FRESH)
        await first.check()
        items = await put(first, one("a.jpg", b"picture"))
        await first.stage(self.album, one("b.jpg", b"never committed"))
        await first.close()
        await first.close()
        assert place.temporary() == 0
        second = place.open(KNOWN)
        await second.check()
        assert await second.survey(self.album, items) == [Presence.PRESENT]
        await second.close()

    async def test_two_cannot_use_one_place(self, place: Place, opened: Destination) -> None:
        other = place.open(KNOWN)
        with pytest.raises(ConflictError) as caught:
            await other.check()
        assert caught.value.code == "locked"
        await other.close()
        await opened.check()
        await opened.close()
        third = place.open(KNOWN)
        await third.check()
        await third.close()

    async def test_another_mirrors_place_is_refused(
        self, place: Place, opened: Destination
    ) -> None:
        await opened.close()
        other = place.open(Opening("mirror-2", "album-2", fresh=True))
        with pytest.raises(ActionRequiredError) as caught:
            await other.check()
        assert caught.value.code == "other_mirror"
        assert "mirror-1" in str(caught.value)
        await other.close()

    async def test_a_place_that_is_gone_is_not_filled_again(self, place: Place) -> None:
        destination = place.open(KNOWN)
        with pytest.raises(ActionRequiredError) as caught:
            await destination.check()
        assert caught.value.code == "not_mounted"
        assert caught.value.hint
        assert place.paths() == []
        await destination.close()
