"""The page of stacks: what a push would do, the push itself, and the way back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from web_steps import come_in, fine
from web_world import WebWorld, web_world

from pentaprism.immich import READ_ONLY
from pentaprism.program import Program
from pentaprism.sandbox.immich.making import Maker, Wanted
from pentaprism.sandbox.immich.shots import add_shots


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("stacks"), index_immich="off") as made:
        library = made.sandbox.library
        add_shots(library, Maker(library, Wanted(20, 7)))
        made.connect()
        made.server.call(look)
        yield made


async def look(program: Program) -> None:
    """Index the assets of the owner, as happens each hour."""
    connection = await program.app.store.connections.default()
    assert connection is not None
    async with program.app.immich(connection) as client:
        await program.app.indexing.catalogue(connection, client)


def test_groups_are_pushed_as_stacks_and_that_is_undone(world: WebWorld) -> None:
    stacks = world.sandbox.library.stacks
    before = set(stacks)
    page = come_in(world)
    page.goto("/groups")
    page.get_by_role("link", name="Stacks in Immich").click()
    expect(page.get_by_text("Make", exact=True).first).to_be_visible()
    expect(page.get_by_text("DSC_0101.JPG, DSC_0101.DNG")).to_be_visible()
    fine(page)
    page.get_by_role("button", name="Push to Immich").click()
    dialog = page.get_by_role("dialog", name="Make these stacks in Immich?")
    fine(page)
    dialog.get_by_role("button", name="Push to Immich").click()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    assert len(stacks) > len(before)
    page.set_viewport_size({"width": 390, "height": 844})
    fine(page)
    page.get_by_role("button", name="Undo the last push").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo the push").click()
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    expect(page.get_by_text("DSC_0101.JPG, DSC_0101.DNG")).to_be_visible()
    assert set(stacks) == before
    fine(page)


def test_missing_permissions_are_told(world: WebWorld) -> None:
    key = world.sandbox.api_key
    world.sandbox.library.permit(key, sorted(READ_ONLY))
    page = come_in(world, dark=True)
    page.goto("/stacks")
    expect(page.get_by_text("lacks the permission stack.read")).to_be_visible()
    expect(page.get_by_role("link", name="Open API keys in Immich")).to_be_visible()
    fine(page)


def test_without_a_connection_there_is_nothing_to_push(world: WebWorld) -> None:
    page = come_in(world, "second@example.test", script=False)
    page.goto("/stacks")
    expect(page.get_by_text("No Immich is connected")).to_be_visible()
