"""What surrounds the routes: origin, sizes, headers, base path, proxies, problems."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
from edge_world import EdgeWorld, edge_world

from pentaprism.store import Store

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "{here}"}, False),
        ({"Origin": "{here}"}, True),
        ({"Origin": "https://photos.example.org"}, True),
        ({"Origin": "https://photos.example.org:443"}, True),
        ({"Origin": "http://photos.example.org"}, False),
        ({"Origin": "https://photos.example.org.evil.test"}, False),
        ({"Origin": "http://127.0.0.1"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://[broken"}, False),
        ({}, False),
        ({"Authorization": "Bearer pentaprism_x"}, True),
        ({"Authorization": "Bearer pentaprism_x", "Cookie": "pentaprism_session=x"}, False),
        ({"Authorization": "Basic eDp4"}, False),
        ({"Authorization": "Bearer "}, False),
    ],
)
async def test_what_changes_something_must_come_from_our_pages(
    store: Store, headers: dict[str, str], *, passes: bool
) -> None:
    async with edge_world(store, base_url="https://photos.example.org") as world:
        sent = {name: value.format(here=world.url) for name, value in headers.items()}
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await world.ask(method, "/api/sink", sent)
            assert (answer.status != 403) is passes, method
            if not passes:
                problem = json.loads(answer.body)
                assert problem["code"] == "origin"
                assert "BASE_URL" in problem["hint"]
        assert (await world.ask("GET", "/api/open", sent)).status == 200


@pytest.mark.parametrize("host", ["[broken", "a:b", "x" * 300, "caf%C3%A9", "[::1]:x"])
async def test_odd_hosts_break_nothing(world: EdgeWorld, host: str) -> None:
    await world.connect()
    answer = await world.ask("GET", "/mirrors?x=1", {"Host": host})
    assert answer.headers["Location"] == "/login?next=%2Fmirrors%3Fx%3D1"
    cookie = await world.session()
    sent = {"Host": host, "Origin": f"http://{host}", **cookie}
    answer = await world.ask("POST", "/api/sink", sent)
    assert answer.status in {200, 400, 403}


async def test_the_scheme_that_a_trusted_proxy_saw_counts(store: Store) -> None:
    sent = {"Host": "photos.test", "Origin": "https://photos.test", "X-Forwarded-Proto": "https"}
    async with edge_world(store) as world:
        assert (await world.ask("POST", "/api/sink", sent)).status == 200
    async with edge_world(store, trusted="192.0.2.0/24") as world:
        assert (await world.ask("POST", "/api/sink", sent)).status == 403


async def test_only_trusted_proxies_say_who_the_client_is(store: Store) -> None:
    sent = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https"}
    async with edge_world(store) as world:
        seen = json.loads((await world.ask("GET", "/api/open", sent)).body)
        assert (seen["client"], seen["scheme"]) == ("198.51.100.7", "https")
        six = {"X-Forwarded-For": "2001:db8:1:2:3:4:5:6"}
        seen = json.loads((await world.ask("GET", "/api/open", six)).body)
        assert seen["client"] == "2001:db8:1:2::/64"
    async with edge_world(store, trusted="192.0.2.0/24") as world:
        seen = json.loads((await world.ask("GET", "/api/open", sent)).body)
        assert (seen["client"], seen["scheme"]) == ("127.0.0.1", "http")


async def test_large_bodies_are_refused_also_when_they_do_not_say_so(world: EdgeWorld) -> None:
    async def parts(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 100_000

    fits = await world.ask("POST", "/api/sink", world.same_origin, data=b"x" * 1_000_000)
    assert json.loads(fits.body) == {"size": 1_000_000}
    chunked = await world.ask("POST", "/api/sink", world.same_origin, data=parts(10))
    assert json.loads(chunked.body) == {"size": 1_000_000}
    for data in (b"x" * 1_000_001, parts(11)):
        answer = await world.ask("POST", "/api/sink", world.same_origin, data=data)
        assert (answer.status, json.loads(answer.body)["code"]) == (413, "too_large")


async def test_large_json_and_forms_are_refused_too(world: EdgeWorld) -> None:
    async def parts(begin: bytes) -> AsyncIterator[bytes]:
        yield begin
        for _ in range(11):
            yield b"x" * 100_000

    await world.connect()
    headers = {**world.same_origin, **await world.session()}
    typed = {**headers, "Content-Type": "application/json"}
    assert (await world.ask("POST", "/api/things", typed, data=parts(b'"'))).status == 413
    typed = {**headers, **HTML, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await world.ask("POST", "/mirrors", typed, data=parts(b"name="))
    assert answer.status == 413
    assert answer.text.startswith("<h1>")


@pytest.mark.parametrize("path", ["/login", "/api/open", "/api/errors/bug", "/unknown", "/api/x"])
async def test_every_answer_has_the_headers(world: EdgeWorld, path: str) -> None:
    answer = await world.ask("GET", path, HTML)
    policy = dict(
        part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["form-action"] == "'self' https://accounts.google.com"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in answer.headers


async def test_a_page_may_say_how_long_it_is_kept(world: EdgeWorld) -> None:
    await world.connect()
    answer = await world.ask("GET", "/system", await world.session(admin=True))
    assert answer.headers["Cache-Control"] == "private, max-age=5"


@pytest.mark.parametrize("prefix", ["", "/pentaprism"])
async def test_a_base_path_works_whether_the_proxy_takes_it_off_or_not(
    store: Store, prefix: str
) -> None:
    async with edge_world(store, base_url="https://photos.example.org/pentaprism") as world:
        await world.connect()
        answer = await world.ask("GET", f"{prefix}/mirrors?q=1")
        assert answer.headers["Location"] == "/pentaprism/login?next=%2Fmirrors%3Fq%3D1"
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        cookie = await world.session()
        answer = await world.ask("GET", f"{prefix}/mirrors", cookie)
        assert answer.status == 200
        seen, address = answer.text.split(" ")
        assert seen.endswith("/pentaprism/mirrors")
        assert address == "https://photos.example.org/pentaprism/x"
        assert (await world.ask("GET", f"{prefix}/api/things", cookie)).status == 200
        answer = await world.ask("GET", f"{prefix}/api/unknown", {**cookie, **HTML})
        assert answer.headers["Content-Type"] == "application/problem+json"
        set_cookie = (await world.ask("GET", f"{prefix}/login")).headers["Set-Cookie"]
        assert "Path=/pentaprism;" in set_cookie
        assert "Secure" in set_cookie


@pytest.mark.parametrize("base", ["/mirrors", "/api"])
async def test_a_base_path_may_be_called_like_a_page(store: Store, base: str) -> None:
    async with edge_world(store, base_url=f"http://photos.test{base}") as world:
        await world.connect()
        cookie = await world.session()
        assert (await world.ask("GET", f"{base}/mirrors", cookie)).status == 200
        assert (await world.ask("GET", f"{base}/api/things", cookie)).status == 200
        assert (await world.ask("GET", f"{base}/", cookie)).status == 200


async def test_cookies_are_kept_from_scripts_and_other_sites(world: EdgeWorld) -> None:
    plain = (await world.ask("GET", "/login")).headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert "Path=/;" in plain
    assert "Max-Age=86400" in plain
    assert "Secure" not in plain
    secure = await world.ask("GET", "/login", {"X-Forwarded-Proto": "https"})
    assert "Secure" in secure.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("missing", 404, "no_mirror"),
        ("conflict", 409, "busy"),
        ("invalid", 422, "schedule"),
        ("action", 422, "bad_key"),
        ("retry", 503, "busy"),
        ("many", 429, "too_many_attempts"),
        ("refused", 409, "not_now"),
        ("waiting", 503, "quota"),
        ("plain", 500, "unexpected"),
        ("bug", 500, "unexpected"),
    ],
)
async def test_errors_are_problems_for_programs_and_pages_for_people(
    world: EdgeWorld, name: str, status: int, code: str
) -> None:
    answer = await world.ask("GET", f"/api/errors/{name}", HTML)
    problem = json.loads(answer.body)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == "about:blank"
    assert problem["title"]
    page = await world.ask("GET", f"/errors/{name}", HTML)
    assert page.status == status
    assert page.headers["Content-Type"].startswith("text/html")
    assert f"<p>{problem['detail']}</p>" in page.text
    waits = {"retry": "8", "many": "90", "waiting": "30"}
    assert page.headers.get("Retry-After") == waits.get(name)


@pytest.mark.parametrize("name", ["bug", "plain"])
async def test_a_mistake_of_ours_has_a_reference_in_the_log_and_no_secrets(
    world: EdgeWorld, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    answer = await world.ask("GET", f"/api/errors/{name}?key=hidden")
    reference = json.loads(answer.body)["reference"]
    assert b"secret" not in answer.body
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert record.name == "pentaprism.edge.fitting"
    assert f"reference {reference}" in caplog.text
    ours = [r for r in caplog.records if r.name.startswith("pentaprism")]
    assert not [r for r in ours if "hidden" in caplog.handler.format(r)]
    page = await world.ask("GET", "/errors/bug", HTML)
    assert "The reference is " in page.text


async def test_a_stream_that_breaks_is_told_once_in_the_log(
    world: EdgeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await world.ask("GET", "/stream")).body == b"firstsecond"
    with pytest.raises(aiohttp.ClientError):
        await world.ask("GET", "/stream?broken=true")
    told = [r for r in caplog.records if "not foreseen" in r.message]
    assert len(told) == 1


async def test_what_does_not_fit_is_named_without_its_value(world: EdgeWorld) -> None:
    await world.connect()
    headers = {**world.same_origin, **await world.session()}
    body = {"name": ["hidden1"], "api_key": {"hidden2": 1}, "count": "hidden3"}
    answer = await world.ask("POST", "/api/things", headers, json=body)
    problem = json.loads(answer.body)
    assert (answer.status, problem["code"]) == (422, "invalid_request")
    assert [e["where"] for e in problem["errors"]] == ["body.name", "body.api_key", "body.count"]
    assert b"hidden" not in answer.body


async def test_the_document_of_the_interface_holds_what_it_refers_to(world: EdgeWorld) -> None:
    document = json.loads((await world.ask("GET", "/openapi.json")).body)
    operation = document["paths"]["/api/things"]["post"]
    assert set(operation["responses"]) == {"201", "4XX", "5XX"}
    assert operation["security"] == [{"token": []}, {"session": []}]
    assert (
        "security" not in document["paths"]["/api/open"]["get"]
        or not (document["paths"]["/api/open"]["get"]["security"])
    )
    assert "/mirrors" not in document["paths"]
    assert "errors" in document["components"]["schemas"]["Problem"]["properties"]
    assert "Wrong" in document["components"]["schemas"]
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
