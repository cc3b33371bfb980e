"""Which mirror is meant, what it remembers, and what a plan leaves untouched."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from mirror_world import World, edit, puts, tree

from pentaprism.errors import ActionRequiredError, InvalidError
from pentaprism.mirrors.plan import PutReason, Skip
from pentaprism.store.records import Mirror


async def test_options_are_kept_between_runs(world: World) -> None:
    world.add("a.jpg")
    given: dict[str, Any] = {
        "removals": "trash", "missing": "leave", "sidecars": True, "template": "{year}/{filename}",
        "hard_links": False, "min_free": 1000, "edited": True,
    }  # fmt: skip
    first = await world.run(**given)
    again = await world.run()
    assert again.mirror.id == first.mirror.id
    assert {name: again.mirror.options[name] for name in given} == given
    changed = await world.run(removals="keep")
    assert changed.mirror.options == {**first.mirror.options, "removals": "keep"}


async def test_another_template_moves_nothing_that_is_there(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    world.add("b.jpg")
    done = await world.run(template="new/{filename}")
    assert set(tree(world.folder)) == {"a.jpg", "new/b.jpg"}
    assert done.originals == 1


@pytest.mark.parametrize(
    "options", [{"removals": "delete"}, {"template": "{nope}"}, {"nope": 1}, {"min_free": -1}]
)
async def test_a_wrong_option_changes_nothing(world: World, options: dict[str, Any]) -> None:
    world.add("a.jpg")
    before = (await world.run()).mirror
    with pytest.raises(InvalidError) as caught:
        await world.run(**options)
    assert caught.value.code in {"options", "template"}
    assert caught.value.hint
    assert await mirrors(world) == [before]


async def mirrors(world: World) -> list[Mirror]:
    async with world.app() as (app, _):
        return await app.store.mirrors.list()


async def test_a_folder_of_another_album_is_refused(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    with pytest.raises(ActionRequiredError) as caught:
        await world.run(album=world.library.add_album("Other"))
    assert caught.value.code == "other_mirror"
    assert "Summer" in caught.value.message


async def test_a_moved_folder_of_another_album_is_refused(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    moved = world.folder.rename(world.home / "elsewhere")
    with pytest.raises(ActionRequiredError) as caught:
        await world.run(moved, album=world.library.add_album("Other"))
    assert caught.value.code == "other_mirror"


async def test_starting_again_fills_an_empty_folder(world: World) -> None:
    world.add("a.jpg")
    before = await world.run(removals="trash")
    shutil.rmtree(world.folder)
    with pytest.raises(ActionRequiredError) as caught:
        await world.run()
    assert caught.value.code == "not_mounted"
    done = await world.run(start_again=True)
    assert done.counters.uploaded == 1
    assert done.mirror.id != before.mirror.id
    assert len(await mirrors(world)) == 1


async def test_starting_again_keeps_the_options(world: World) -> None:
    world.add("a.jpg")
    await world.run(removals="trash", template="{year}/{filename}")
    shutil.rmtree(world.folder)
    done = await world.run(start_again=True)
    assert (done.mirror.options["removals"], done.mirror.options["template"]) == (
        "trash",
        "{year}/{filename}",
    )


async def test_starting_again_where_all_is_still_there_downloads_nothing(world: World) -> None:
    world.add("a.jpg")
    world.add("a.jpg")
    await world.run()
    was = tree(world.folder)
    done = await world.run(start_again=True)
    assert done.originals == 0
    assert tree(world.folder) == was


async def test_a_copy_is_a_mirror_of_its_own_once_its_marker_is_gone(world: World) -> None:
    world.add("a.jpg")
    first = await world.run()
    copy = world.home / "copy"
    shutil.copytree(world.folder, copy)
    shutil.rmtree(copy / ".pentaprism")
    done = await world.run(copy)
    assert done.originals == 0
    assert done.mirror.id != first.mirror.id


async def test_a_plan_makes_nothing(world: World) -> None:
    world.add("IMG.jpg")
    world.add("img.JPG")
    world.add_live("live.heic", "live.mov")
    pages = await world.plan(sidecars=True)
    assert len(puts(pages)) == 3
    planned = {
        str(path) for page in pages for paths in page.paths.values() for path in paths.values()
    }
    assert not world.folder.exists()
    assert await mirrors(world) == []
    await world.run(sidecars=True)
    assert set(tree(world.folder)) == planned


async def test_a_plan_of_a_mirror_that_exists_changes_nothing(world: World) -> None:
    changed = world.add("changed.jpg", b"old")
    world.add("missing.jpg")
    world.add("edited.jpg")
    world.library.set_processed(world.add("new.jpg", created=0), processed=False)
    first = await world.run()
    world.library.replace(changed, b"brand new")
    (world.folder / "missing.jpg").unlink()
    edit(world.folder / "edited.jpg", b"a person's work")
    fresh = world.add("fresh.jpg", created=int(world.now.timestamp() * 1000))
    world.library.set_processed(fresh, processed=False)
    was, records = tree(world.folder), await world.items()
    pages = await world.plan(removals="trash", template="{year}/{filename}")
    assert {reason for put in puts(pages) for reason in put.reasons.values()} == {
        PutReason.CHANGED,
        PutReason.MISSING,
    }
    assert [a.reason.value for p in pages for a in p.actions if isinstance(a, Skip)] == [
        "unprocessed"
    ]
    assert (tree(world.folder), await world.items()) == (was, records)
    assert await mirrors(world) == [first.mirror]
