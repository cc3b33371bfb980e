"""The pages of groups: the list, what is in one, and what a person decides about it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from media_folders import fill, put
from playwright.sync_api import Locator, Page, expect
from web_steps import come_in, fine
from web_world import WebWorld, web_world

from pentaprism.groups.files import GroupType
from pentaprism.program import Program
from pentaprism.store.library_records import FileGroup, Root, Watching

LONG = "Donaudampfschifffahrtsgesellschaft" * 3
SECOND = "second@example.test"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("groups"), index_immich="off") as made:
        made.connect()
        yield made


@pytest.fixture(autouse=True)
def clean(world: WebWorld) -> Iterator[None]:
    """Leave no folder and no asset to the next test, whichever it is."""
    yield

    async def forget(program: Program) -> None:
        store = program.app.store
        for root in await store.roots.list():
            await program.scans.cancel(root.id)
            await store.roots.delete(root.id)
        for connection in await store.connections.list():
            assets = await store.library_assets.present(connection.id)
            await store.library_assets.miss([row for _id, row in assets], program.app.clock())
        await program.scans.regroup()

    world.server.call(forget)


def indexed(world: WebWorld, folder: Path, names: Sequence[str], name: str = "Photos") -> Root:
    """Index a folder of the owner's with pictures that have these names."""
    fill(folder, names)

    async def add(program: Program) -> Root:
        connection = await program.app.store.connections.default()
        assert connection is not None
        root = await program.app.store.roots.add(
            connection.owner_id, str(folder), name, watching=Watching.OFF
        )
        await program.scans.start(root.id)
        await program.scans.ended(root.id)
        return root

    return world.server.call(add)


def first(world: WebWorld, root: Root, kind: GroupType) -> FileGroup:
    found = world.server.call(
        lambda p: p.app.store.file_groups.page(root.owner_id, source_id=root.id, type=kind)
    )
    return found.groups[0]


def members(page: Page) -> Locator:
    return page.locator(".members > li")


def test_the_list_is_narrowed_searched_and_goes_on(world: WebWorld, tmp_path: Path) -> None:
    page = come_in(world)
    page.goto("/groups")
    expect(page.get_by_text("No groups yet")).to_be_visible()
    fine(page)
    names = [f"2024/IMG_{n:03}{end}.jpg" for n in range(60) for end in ("", "-edited")]
    for number in range(3):
        put(tmp_path / "photos" / "raw" / f"DSC_{number}.CR2", b"II*\0nothing")
    indexed(world, tmp_path / "photos", [*names, *(f"raw/DSC_{n}.jpg" for n in range(3))])
    indexed(world, tmp_path / "more", [f"{LONG}.jpg", f"{LONG}-edited.jpg"], LONG[:100])
    page.goto("/groups")
    rows = page.locator("#groups-rows > tr")
    expect(page.get_by_text("50 of 64 groups")).to_be_visible()
    expect(rows).to_have_count(50)
    page.get_by_role("link", name="Show more").click()
    expect(rows).to_have_count(64)
    expect(page.get_by_text("64 of 64 groups")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="RAW and JPEG 3").click()
    expect(rows).to_have_count(3)
    expect(page.get_by_text("3 of 3 groups")).to_be_visible()
    page.get_by_role("link", name="All 64").click()
    page.get_by_role("searchbox").fill("img_01")
    expect(rows).to_have_count(10)
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.get_by_text("No group is like this.")).to_be_visible()
    page.goto("/groups")
    page.get_by_label("Folder or connection").select_option(label=f"{LONG[:37]}...")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 844})
    fine(page)


def test_files_are_split_off_and_that_is_taken_back(world: WebWorld, tmp_path: Path) -> None:
    names = ["IMG_1.jpg", "IMG_1-edited.jpg", "IMG_1.png"]
    root = indexed(world, tmp_path / "photos", names)
    page = come_in(world, dark=True)
    page.goto("/groups")
    page.get_by_role("link", name="IMG_1-edited.jpg").click()
    expect(members(page)).to_have_count(3)
    expect(members(page).first.get_by_text("Shown first")).to_be_visible()
    expect(page.get_by_text("An edit", exact=False).first).to_be_visible()
    fine(page)
    page.get_by_role("button", name="Split off").click()
    expect(page.get_by_text("There are too few files to decide about.")).to_be_visible()
    page.get_by_label("Choose IMG_1.png").check()
    page.get_by_role("button", name="Split off").click()
    expect(page.get_by_text("1 file is split off.")).to_be_visible()
    expect(members(page)).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    expect(members(page)).to_have_count(3)
    assert first(world, root, GroupType.EDIT).size == 3


def test_a_pair_that_is_split_is_no_group_and_comes_back(world: WebWorld, tmp_path: Path) -> None:
    root = indexed(world, tmp_path / "photos", ["IMG_1.jpg", "IMG_1-edited.jpg"])
    page = come_in(world, script=False)
    page.goto(f"/groups/{first(world, root, GroupType.EDIT).id}")
    page.get_by_label("Choose IMG_1.jpg").check()
    page.get_by_role("button", name="Split off").click()
    expect(page.get_by_text("1 file is split off.")).to_be_visible()
    expect(page.get_by_text("No groups yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(members(page)).to_have_count(2)


def test_another_file_is_shown_first_until_the_rules_count_again(
    world: WebWorld, tmp_path: Path
) -> None:
    root = indexed(world, tmp_path / "photos", ["IMG_1.jpg", "IMG_1-edited.jpg"])
    page = come_in(world, width=390, height=844)
    page.goto(f"/groups/{first(world, root, GroupType.EDIT).id}")
    page.get_by_role("button", name="Show first: IMG_1.jpg").click()
    expect(page.get_by_text("It is shown first now.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("IMG_1.jpg")
    expect(page.get_by_text("You have decided about these files.")).to_be_visible()
    fine(page)
    page.get_by_role("button", name="Back to the rules").click()
    expect(page.get_by_text("The rules alone count for these files again.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("IMG_1-edited.jpg")


def test_a_burst_lists_its_shots(world: WebWorld, tmp_path: Path) -> None:
    names = [f"{n:05}IMG_{n:05}_BURST20240110121614000.jpg" for n in range(3)]
    for name in names[:2]:
        put(tmp_path / "photos" / name.replace(".jpg", ".dng"), b"II*\0nothing")
    root = indexed(world, tmp_path / "photos", names)
    page = come_in(world)
    page.goto(f"/groups/{first(world, root, GroupType.BURST).id}")
    expect(members(page)).to_have_count(3)
    expect(page.get_by_text("3 shots of one burst")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="2 files in this shot").first.click()
    expect(page.get_by_text("2 files of one shot")).to_be_visible()
    expect(members(page)).to_have_count(2)
    page.get_by_label("Where you are").get_by_role("link", name="Burst").click()
    expect(members(page)).to_have_count(3)
    page.get_by_label(f"Choose {names[2]}").check()
    page.get_by_role("button", name="Split off").click()
    expect(page.get_by_text("1 file is split off.")).to_be_visible()


def test_groups_of_others_are_not_there(world: WebWorld, tmp_path: Path) -> None:
    root = indexed(world, tmp_path / "photos", ["IMG_1.jpg", "IMG_1-edited.jpg"])
    group = first(world, root, GroupType.EDIT)
    page = come_in(world, SECOND)
    page.goto("/groups")
    expect(page.get_by_text("No groups yet")).to_be_visible()
    assert page.goto(f"/groups/{group.id}").status == 404  # type: ignore[union-attr]
    expect(page.get_by_text("There is no group")).to_be_visible()
    for path in (f"/groups/{group.id}/split", f"/groups/{group.id}/undecide"):
        answer = page.request.post(
            path, form={"file": str(group.primary_row)}, headers={"Origin": world.url}
        )
        assert answer.status == 404
    assert first(world, root, GroupType.EDIT) == group


def test_assets_have_their_pictures(world: WebWorld) -> None:
    async def look(program: Program) -> None:
        connection = await program.app.store.connections.default()
        assert connection is not None
        async with program.app.immich(connection) as client:
            await program.app.indexing.catalogue(connection, client)

    world.server.call(look)
    page = come_in(world)
    page.goto("/groups")
    picture = page.locator("#groups-rows img").first
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('#groups-rows img').naturalWidth > 1")
    page.locator("#groups-rows a").first.click()
    expect(members(page).locator("img").first).to_be_visible()
    fine(page)
