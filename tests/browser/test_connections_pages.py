"""The pages of connections: how they stand, and what may be changed of them by whom."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from web_world import WebWorld, axe, sideways, troubles, web_world

from pentaprism.immich import READ_ONLY
from pentaprism.sandbox.immich import Sandbox
from pentaprism.store import Connection


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("connections")) as made:
        made.connect()
        yield made


@pytest.fixture
def page(world: WebWorld) -> Page:
    return world.signed_in()


@pytest.fixture
def own(world: WebWorld) -> Connection:
    return default_of(world, world.sandbox.library.owner.id)


def default_of(world: WebWorld, owner_id: str) -> Connection:
    found = world.server.call(lambda p: p.app.store.connections.default(owner_id))
    assert found is not None
    return found


def fine(world: WebWorld, page: Page) -> None:
    assert axe(page) == []
    assert sideways(page) == 0
    assert troubles(page) == []
    assert world.sandbox.api_key not in page.content()


def signed_in_as(world: WebWorld, key: str) -> Page:
    page = world.person()
    page.goto("/login?way=key")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/$|/first-steps"))
    return page


def send(world: WebWorld, page: Page, path: str, **form: str) -> int:
    """Return the status of a form that is sent without its page."""
    answer = page.context.request.post(
        path, form={**form}, headers={"Origin": world.url}, max_redirects=0
    )
    return answer.status


def test_how_a_connection_stands_comes_by_itself_and_missing_permissions_are_named(
    world: WebWorld, page: Page, own: Connection
) -> None:
    page.goto("/connections")
    expect(page.get_by_text("Well", exact=True)).to_be_visible()
    expect(page.get_by_text("40 assets, 7 albums")).to_be_visible()
    fine(world, page)
    world.sandbox.library.permit(own.api_key, sorted(READ_ONLY - {"asset.download"}))
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("is not well")).to_be_visible()
    expect(page.get_by_text("asset.download is missing")).to_be_visible()
    expect(page.get_by_role("link", name="Open API keys in Immich")).to_be_visible()
    fine(world, page)
    world.sandbox.library.permit(own.api_key, ["all"])
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Well", exact=True)).to_be_visible()


def test_an_immich_that_is_away_is_told_in_words(world: WebWorld, page: Page) -> None:
    with Sandbox(assets=3, seed=7) as other:
        saved = world.server.call(
            lambda p: p.app.connect(
                other.url,
                other.api_key,
                name="Gone",
                owner_id=world.sandbox.library.owner.id,
                home=False,
            )
        )[0]
    page.goto("/connections")
    expect(page.get_by_text("Not reached")).to_be_visible(timeout=15_000)
    fine(world, page)
    world.server.call(lambda p: p.app.store.connections.delete(saved.id))


def test_it_is_renamed(world: WebWorld, page: Page, own: Connection) -> None:
    long = f"\N{CAMERA} البوم {'W' * 80}"
    page.goto(f"/connections/{own.id}")
    page.get_by_label("How it is called here").fill(" ")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("between 1 and 100 characters")).to_be_visible()
    page.get_by_label("How it is called here").fill(long)
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(long)
    page.set_viewport_size({"width": 390, "height": 844})
    fine(world, page)
    page.goto("/connections")
    fine(world, page)
    page.goto(f"/connections/{own.id}")
    page.get_by_label("How it is called here").fill("<b>Home</b>")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>Home</b>")


def test_another_key_is_of_the_same_user_or_refused(
    world: WebWorld, page: Page, own: Connection
) -> None:
    library = world.sandbox.library
    second = next(user for user in library.users.values() if user.name == "Second Example")
    page.goto(f"/connections/{own.id}")
    field, use = page.get_by_label("Another key"), page.get_by_role("button", name="Use this key")
    for key, told in [
        ("", "Enter an API key."),
        ("wrong", "does not accept the API key"),
        (library.add_key(user_id=second.id).secret, "This key is of Second Example"),
        (library.add_key(["user.read"]).secret, "lacks the permissions"),
    ]:
        field.fill(key)
        use.click()
        expect(page.locator(".error")).to_contain_text(told)
        expect(field).to_have_value("")
    fresh = library.add_key(sorted(READ_ONLY)).secret
    field.fill(fresh)
    use.click()
    expect(page.get_by_text("It works, and is used from now on.")).to_be_visible()
    assert default_of(world, own.owner_id).api_key == fresh
    assert fresh not in page.content()
    world.connect()


def test_another_user_is_connected_and_deleted_again(
    world: WebWorld, page: Page, own: Connection
) -> None:
    library = world.sandbox.library
    third = next(user for user in library.users.values() if user.name == "Third Example")
    key = library.add_key(sorted(READ_ONLY), user_id=third.id)
    page.goto("/connections/new")
    page.get_by_label("API key").fill(key.secret)
    page.get_by_label("Name", exact=True).fill("Third")
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text("third@example.test")).to_be_visible()
    expect(page.get_by_label("API key")).to_have_value(key.secret)  # nobody types it twice
    fine(world, page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Third is connected.")).to_be_visible()
    page.get_by_role("link", name="Change").first.click()
    page.get_by_role("button", name="Delete this connection").click()
    expect(page.get_by_role("dialog").get_by_text("Nothing changes at Immich.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Third is deleted here.")).to_be_visible()
    mine = world.server.call(lambda p: p.app.store.connections.list(own.owner_id))
    assert [one.id for one in mine] == [own.id]


def test_one_that_mirrors_read_from_stays(world: WebWorld, page: Page, own: Connection) -> None:
    mirror = world.server.call(
        lambda p: p.app.store.mirrors.create(
            connection_id=own.id,
            album_id="a",
            album_name="Holiday",
            kind="local_folder",
            place="/nowhere",
            options={"path": "/nowhere"},
        )
    )
    page.goto(f"/connections/{own.id}")
    expect(page.get_by_text("A mirror reads from this connection.")).to_be_visible()
    assert send(world, page, f"/connections/{own.id}/delete") == 303
    assert default_of(world, own.owner_id).id == own.id
    page.goto(f"/connections/{own.id}")
    expect(page.get_by_text("Delete its mirrors first").first).to_be_visible()
    world.server.call(lambda p: p.app.store.mirrors.delete(mirror.id))


def test_nobody_touches_anothers_connection(world: WebWorld, own: Connection) -> None:
    library = world.sandbox.library
    ann = library.add_user("Ann", "ann@example.test", "secret of ann")
    page = signed_in_as(world, library.add_key(user_id=ann.id).secret)
    for action in ("rename", "key", "address", "delete", "check"):
        path = f"/connections/{own.id}/{action}"
        assert send(world, page, path, name="x", api_key="x", url="x") == 404
    for path in (f"/connections/{own.id}", f"/connections/{own.id}/health"):
        assert page.context.request.get(path).status == 404


def test_only_an_admin_leads_the_sign_in_elsewhere(world: WebWorld) -> None:
    library = world.sandbox.library
    second = next(user for user in library.users.values() if user.name == "Second Example")
    key = library.add_key(["all"], user_id=second.id)
    page = signed_in_as(world, key.secret)
    page.goto("/first-steps/immich")
    page.get_by_role("button", name="Use this key").click()
    page.wait_for_url(re.compile("/albums"))
    before = default_of(world, second.id)
    assert before.home
    page.goto(f"/connections/{before.id}")
    expect(page.get_by_text("only an admin of Immich may change its address")).to_be_visible()
    # The same library at another address: it says that it has the same users.
    with Sandbox(assets=40, seed=1) as elsewhere:
        twin = elsewhere.library.add_key(["all"], user_id=second.id)
        path = f"/connections/{before.id}/address"
        assert send(world, page, path, url=elsewhere.url) == 403
        page.goto("/connections/new")
        page.get_by_label("Server address").fill(elsewhere.url)
        page.get_by_label("API key").fill(twin.secret)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("only an admin of Immich may change this")).to_be_visible()
    assert default_of(world, second.id) == before


def test_an_admin_moves_a_connection_with_its_server(
    world: WebWorld, page: Page, own: Connection
) -> None:
    with Sandbox(assets=40, seed=1) as moved:
        page.goto(f"/connections/{own.id}")
        page.get_by_label("Server address").fill("http://127.0.0.1:9")
        page.get_by_role("button", name="Use this address").click()
        expect(page.locator(".error")).to_be_visible()
        expect(page.get_by_label("Server address")).to_have_value("http://127.0.0.1:9")
        page.get_by_label("Server address").fill(moved.url)
        page.get_by_role("button", name="Use this address").click()
        page.wait_for_load_state()
        assert default_of(world, own.owner_id).url == moved.url
    world.connect()
