"""Who may use a route, and what the others are told."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from edge_world import EdgeWorld

from pentaprism.edge import Allow, Side, declared, local_path

HTMX = {"HX-Request": "true"}


async def test_every_route_says_who_may_use_it(world: EdgeWorld) -> None:
    routes = {(r.path, *sorted(r.methods)): r for r in declared(world.app)}
    openapi = routes.pop(("/openapi.json", "GET", "HEAD"))
    assert openapi.allow is None
    assert all(route.allow is not None for route in routes.values())
    assert routes["/api/things", "POST"].allow is Allow.PERSON
    assert routes["/api/things", "POST"].side is Side.API
    assert routes["/system", "GET"].allow is Allow.ADMIN


@pytest.mark.parametrize("path", ["/mirrors", "/system", "/setup/server", "/", "/unknown"])
async def test_strangers_are_led_to_set_up_and_later_to_sign_in(
    world: EdgeWorld, path: str
) -> None:
    html = {"Accept": "text/html"}
    answer = await world.ask("GET", path, html)
    assert (answer.status, answer.headers["Location"]) == (303, "/setup")
    assert len(world.announced) == 1
    await world.connect()
    answer = await world.ask("GET", path, html)
    back = f"?next={quote(path, safe='')}" if path != "/" else ""
    expected = "/" if path == "/setup/server" else f"/login{back}"
    assert (answer.status, answer.headers["Location"]) == (303, expected)


async def test_the_way_back_keeps_the_query(world: EdgeWorld) -> None:
    await world.connect()
    answer = await world.ask("GET", "/mirrors?state=failed&q=a%20b")
    assert answer.headers["Location"] == "/login?next=%2Fmirrors%3Fstate%3Dfailed%26q%3Da%2520b"
    answer = await world.ask("POST", "/mirrors", world.same_origin, data={"name": "x"})
    assert answer.headers["Location"] == "/login"


async def test_scripts_of_a_page_are_told_where_to_lead_the_browser(world: EdgeWorld) -> None:
    await world.connect()
    current = {"HX-Current-URL": f"{world.url}/albums?q=x"}
    answer = await world.ask("GET", "/mirrors", {**HTMX, **current})
    assert answer.status == 401
    assert answer.headers["HX-Redirect"] == "/login?next=%2Falbums%3Fq%3Dx"
    anchor = {"HX-Current-URL": f"{world.url}/albums#x"}
    answer = await world.ask("GET", "/mirrors", {**HTMX, **anchor})
    assert answer.headers["HX-Redirect"] == "/login?next=%2Falbums"
    elsewhere = {"HX-Current-URL": "https://evil.test//evil.test"}
    answer = await world.ask("GET", "/mirrors", {**HTMX, **elsewhere})
    assert answer.headers["HX-Redirect"] == "/login"


@pytest.mark.parametrize("path", ["/api/things", "/api/admin", "/api/set-up", "/api/unknown"])
async def test_strange_programs_get_a_problem(world: EdgeWorld, path: str) -> None:
    for code in ("set_up_needed", "not_signed_in"):
        if code == "not_signed_in":
            await world.connect()
        answer = await world.ask("GET", path, {"Accept": "text/html"})
        if path == "/api/set-up" and code == "not_signed_in":
            assert answer.status == 403
            continue
        assert answer.status == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert json.loads(answer.body)["code"] == code


async def test_a_stranger_is_refused_before_anything_is_read(world: EdgeWorld) -> None:
    await world.connect()
    headers = {**world.same_origin, "Content-Type": "application/json"}
    answer = await world.ask("POST", "/api/things", headers, data=b"{not json")
    assert answer.status == 401
    headers |= await world.session()
    answer = await world.ask("POST", "/api/things", headers, data=b"{not json")
    assert answer.status == 422


async def test_people_with_a_session_come_in_on_both_sides(world: EdgeWorld) -> None:
    await world.connect()
    cookie = await world.session()
    assert (await world.ask("GET", "/", cookie)).text == "<h1>Ann</h1>"
    assert json.loads((await world.ask("GET", "/api/things", cookie)).body) == {"owner": "1"}
    assert (await world.ask("GET", "/system", cookie)).status == 403
    assert "Only admins" in (await world.ask("GET", "/system", cookie)).text
    assert (await world.ask("GET", "/api/admin", cookie)).status == 403
    admin = await world.session(admin=True)
    assert (await world.ask("GET", "/system", admin)).text == "system"
    assert json.loads((await world.ask("GET", "/api/admin", admin)).body) == {"via": "session"}


@pytest.mark.parametrize("cookie", ["", "wrong", "x" * 5000, "caf\xe9"])
async def test_other_cookies_are_strangers(world: EdgeWorld, cookie: str) -> None:
    await world.connect()
    await world.session()
    answer = await world.ask("GET", "/api/things", {"Cookie": f"pentaprism_session={cookie}"})
    assert answer.status == 401


async def test_tokens_are_for_programs_and_never_admins(world: EdgeWorld) -> None:
    await world.connect()
    bearer = await world.token()
    assert (await world.ask("GET", "/api/things", bearer)).status == 200
    assert json.loads((await world.ask("GET", "/api/open", bearer)).body)["person"] == "Ann"
    answer = await world.ask("GET", "/api/admin", bearer)
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "not_admin")
    assert (await world.ask("GET", "/mirrors", bearer)).status == 303
    both = {**await world.session(), "Authorization": "Bearer pentaprism_wrong"}
    assert (await world.ask("GET", "/api/things", both)).status == 401


async def test_set_up_is_for_whoever_knew_the_code(world: EdgeWorld) -> None:
    await world.entrance.set_up.needed()
    token = world.entrance.set_up.open(world.announced[0])
    cookie = {"Cookie": f"pentaprism_setup={token}"}
    assert (await world.ask("GET", "/setup/server", cookie)).text == "set-up"
    assert (await world.ask("GET", "/api/things", cookie)).status == 401
    await world.connect()
    answer = await world.ask("GET", "/setup/server", cookie)
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_who_has_signed_in_is_told_what_there_is_not(world: EdgeWorld) -> None:
    await world.connect()
    cookie = await world.session()
    answer = await world.ask("GET", "/unknown", {**cookie, "Accept": "text/html"})
    assert answer.status == 404
    assert "There is nothing at this address." in answer.text
    answer = await world.ask("DELETE", "/api/things", {**cookie, **world.same_origin})
    assert (answer.status, json.loads(answer.body)["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"] or "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/mirrors?q=1", "/mirrors?q=1"),
        ("/", "/"),
        (None, "/"),
        ("", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/\t/evil.test", "/"),
        ("mirrors", "/"),
        ("/é", "/"),
    ],
)
def test_only_paths_of_this_site_lead_back(text: str | None, expected: str) -> None:
    assert local_path(text) == expected
