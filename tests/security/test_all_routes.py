"""Every route of the application, asked by everybody who must not have what it gives."""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from http_world import Answer, Client, House, Someone, house, other_in, owner_in
from routes import Route, others_in, routes_of

from pentaprism.edge import SESSION_COOKIE, SET_UP_COOKIE, Allow, Side
from pentaprism.immich import SignedIn, User
from pentaprism.program import Program
from pentaprism.server import routed

OPEN = {
    "GET /healthz",
    "GET /login",
    "GET /setup",
    "POST /login",
    "POST /setup",
    "POST /sign-out",
}
"""The routes that strangers may use. Whoever opens another one writes it down here."""

OPEN_BESIDE = {"/openapi.json", "/static"}

SET_UP = {"GET /setup/immich", "POST /setup/immich"}


@dataclass
class Two:
    """A house with an admin and a plain person in it."""

    house: House
    owner: Someone
    other: Someone
    database: sqlite3.Connection

    @property
    def client(self) -> Client:
        return self.house.client

    def routes(self, whose: Someone) -> list[Route]:
        return routes_of(self.house, whose.ids)

    def fresh(self, who: Someone) -> dict[str, str]:
        """Return the cookie of a new session, so that a route may end it."""

        async def begin(program: Program) -> str:
            person = await program.app.store.people.get(who.id)
            user = User(person.id, person.name, person.email, person.is_admin)
            return await program.sessions.begin(
                SignedIn(user, "api_key", self.house.sandbox.api_key), person.server_url, "test"
            )

        return {SESSION_COOKIE: self.house.server.call(begin)}

    def version(self) -> int:
        """Return a number that is another one once anything has been written to the database."""
        found: int = self.database.execute("PRAGMA data_version").fetchone()[0]
        return found

    def rows_of(self, who: Someone) -> set[str]:
        """Return the rows that tell of somebody's things.

        What somebody else chose for themselves, and for a form, may name them.
        """
        # Numbers stand everywhere.
        marks = who.marks | {who.id, *(id_ for id_ in who.ids.values() if not id_.isdigit())}
        return {
            f"{table} {row}"
            for table, rows in self.house.dump().items()
            if table != "sessions"
            for row in rows
            if any(mark in row for mark in ({who.id} if table == "people" else marks))
        }


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with (
        house(tmp_path_factory.mktemp("house")) as made,
        closing(sqlite3.connect(made.home / "data.db")) as database,
    ):
        yield Two(made, owner_in(made), other_in(made), database)


def words_of(*people: Someone) -> set[str]:
    """Return what stands in their data only, without the ids that a request may name itself."""
    return {
        mark for who in people for mark in who.marks if not re.fullmatch("[0-9a-f-]{32,}", mark)
    }


def check_silent(answer: Answer, *people: Someone) -> None:
    """Check that nothing of anybody's is in an answer."""
    for word in words_of(*people):
        assert word not in answer.whole, f"{word} in {answer}"


def methods_of(routes: list[Route]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for route in routes:
        found.setdefault(route.path, set()).add(route.method)
    return found


def test_only_these_routes_are_open(two: Two) -> None:
    routes = two.routes(two.owner)
    assert {str(route) for route in routes if route.stranger_goes} == OPEN
    assert {str(route) for route in routes if route.allow is Allow.SET_UP} == SET_UP
    assert others_in(routed(two.house.program)) == OPEN_BESIDE


def test_a_stranger_gets_nothing_and_changes_nothing(two: Two) -> None:
    before = two.house.dump()
    for route in two.routes(two.owner):
        answer = route.send(two.client)
        check_silent(answer, two.owner, two.other)
        if route.stranger_goes:
            continue
        check_refused(route, answer, route.allow)
    assert two.house.dump() == before


def check_refused(route: Route, answer: Answer, allow: Allow | None, to: str = "/login") -> None:
    """Check that a stranger was told where to sign in."""
    if route.side is Side.API:
        assert answer.status == 401, answer
        assert answer.get("content-type") == "application/problem+json"
        assert answer.get("www-authenticate") == "Bearer"
    else:
        assert answer.status == 303, answer
        wanted = "/" if allow is Allow.SET_UP else to
        assert answer.location.partition("?")[0] == wanted, answer
        assert not answer.body


@pytest.mark.parametrize(
    "cookies",
    [
        {SESSION_COOKIE: "x" * 43},
        {SESSION_COOKIE: "x" * 5000},
        {SESSION_COOKIE: "", SET_UP_COOKIE: "x" * 43},
    ],
    ids=["unknown", "long", "empty"],
)
def test_a_cookie_that_nobody_gave_out_opens_nothing(two: Two, cookies: dict[str, str]) -> None:
    for route in two.routes(two.owner):
        if not route.stranger_goes:
            check_refused(route, route.send(two.client, cookies=cookies), route.allow)


def test_other_methods_and_addresses_tell_a_stranger_nothing(two: Two) -> None:
    before = two.house.dump()
    for path, methods in methods_of(two.routes(two.owner)).items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - methods:
            answer = two.client.ask(method, path)
            assert answer.status in {303, 401, 405}, answer
            check_silent(answer, two.owner, two.other)
    for path in (
        "/nothing",
        "/api/nothing",
        "/mirrors//",
        "/.env",
        "/api/../healthz/x",
        "/%2e%2e/",
    ):
        answer = two.client.ask("GET", path)
        assert answer.status in {303, 401}, answer
    assert two.house.dump() == before


def test_what_asks_for_nothing_but_the_head_is_refused_alike(two: Two) -> None:
    for route in two.routes(two.owner):
        if route.method == "GET" and not route.stranger_goes:
            answer = two.client.ask("HEAD", route.path)
            assert answer.status in {303, 401}, answer


@pytest.mark.parametrize("whose", ["owner", "other"])
def test_what_is_somebody_elses_is_not_there(two: Two, whose: str) -> None:
    victim = two.owner if whose == "owner" else two.other
    visitor = two.other if whose == "owner" else two.owner
    before = two.rows_of(victim)
    refused = {403, 404}
    for route in two.routes(victim):
        cookies = two.fresh(visitor)
        version = two.version()
        answer = route.send(two.client, cookies=cookies)
        # Admins see who has signed in, and nothing else of them.
        if route.allow is not Allow.ADMIN:
            check_silent(answer, victim)
        if route.names:
            assert answer.status in refused, f"{route} {answer}"
        assert two.version() == version or two.rows_of(victim) == before, route
    assert two.rows_of(victim) == before
    for route in two.routes(victim):
        if route.side is Side.API and route.names:
            answer = route.send(two.client, token=visitor.token)
            assert answer.status in refused, f"{route} {answer}"
            check_silent(answer, victim)
    assert two.rows_of(victim) == before


def test_parts_that_are_ones_own_do_not_open_the_rest(two: Two) -> None:
    """An own mirror with somebody else's asset, and the other way round."""
    before = two.rows_of(two.owner)
    several = [route for route in two.routes(two.owner) if len(route.names) > 1]
    for route in several:
        for kept in route.names:
            ids = {**two.owner.ids, kept: two.other.ids[kept]}
            (mixed,) = [r for r in routes_of(two.house, ids) if str(r) == str(route)]
            answer = mixed.send(two.client, cookies=two.fresh(two.other))
            assert answer.status in {403, 404}, answer
            check_silent(answer, two.owner)
    assert two.rows_of(two.owner) == before


def test_a_plain_person_is_no_admin_and_no_token_is(two: Two) -> None:
    admin = [route for route in two.routes(two.owner) if route.allow is Allow.ADMIN]
    assert admin
    plain = two.fresh(two.other)
    before = two.house.dump()
    for route in admin:
        answer = route.send(two.client, cookies=plain)
        assert answer.status == 403, answer
        if route.side is Side.API:
            answer = route.send(two.client, token=two.owner.token)
            assert answer.status == 403, answer
            assert answer.json["code"] == "not_admin"
    assert two.house.dump() == before


def test_an_api_token_does_not_open_pages(two: Two) -> None:
    before = two.house.dump()
    for route in two.routes(two.owner):
        if route.side is Side.PAGES and not route.stranger_goes:
            answer = route.send(two.client, token=two.owner.token)
            check_refused(route, answer, route.allow)
    assert two.house.dump() == before


FOREIGN: tuple[Mapping[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer pentaprism_x"},
    {"Referer": "http://localhost/"},
)
TYPES = (
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/json",
    "multipart/form-data",
)


@pytest.mark.parametrize("sent", FOREIGN, ids=lambda sent: " ".join(sent.values()))
def test_no_other_site_can_change_anything(two: Two, sent: Mapping[str, str]) -> None:
    types = itertools.cycle(TYPES)
    owner = two.fresh(two.owner)
    before = two.house.dump()
    for route in two.routes(two.owner):
        if route.unsafe:
            answer = route.send(
                two.client,
                cookies=owner,
                same_origin=False,
                body=b"name=x&do=save",
                headers={**sent, "Content-Type": next(types)},
            )
            assert answer.status == 403, f"{route} {answer}"
            check_silent(answer, two.owner)
    assert two.house.dump() == before


def test_looking_changes_nothing(two: Two) -> None:
    owner = two.fresh(two.owner)
    before = two.house.dump()
    for route in two.routes(two.owner):
        if route.method == "GET":
            answer = route.send(two.client, cookies=owner)
            assert answer.status < 500, f"{route} {answer}"
            two.client.ask("HEAD", route.path, cookies=owner)
    after = two.house.dump()
    # A sign-in at Google begins with a look; nobody but who began can end it.
    del before["consents"], after["consents"]
    assert after == before


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("empty")) as made:
        made.server.call(settled)
        yield made


async def settled(program: Program) -> None:
    """Wait until the server has noted at its start by which rules it groups."""
    await program.scans.regroup()


PARAMETERS = (
    "connection_id", "account_id", "mirror_id", "run_id", "plan_id", "token_id", "asset_id",
    "album_id", "root_id", "group_id", "duplicates_id", "marked_file", "verdict_id", "decision_id",
    "review_id",
)  # fmt: skip
NOBODY = dict.fromkeys(PARAMETERS, "0" * 32)


def test_before_set_up_there_is_nothing_but_the_set_up(empty: House) -> None:
    before = empty.dump()
    for route in routes_of(empty, NOBODY):
        if str(route) in OPEN - {"GET /login", "POST /login"}:
            continue
        answer = route.send(empty.client)
        if str(route) == "POST /login":
            assert answer.status in {303, 422}, answer
        else:
            check_refused(route, answer, None, "/setup")
        assert SESSION_COOKIE not in answer.cookies
    assert empty.dump() == before


def test_the_set_up_opens_to_the_code_alone(empty: House) -> None:
    for cookies in ({}, {SET_UP_COOKIE: "x" * 43}, {SESSION_COOKIE: "x" * 43}):
        for method in ("GET", "POST"):
            answer = empty.client.ask(method, "/setup/immich", cookies=cookies, form=NOBODY)
            assert (answer.status, answer.location) == (303, "/setup"), answer
    code = empty.program.set_up._code
    assert code is not None
    assert code not in empty.client.ask("GET", "/setup").whole
    for wrong in ("", "ABCD-EFGH-JKLM", code[:-1], f"{code}A", code[::-1]):
        answer = empty.client.ask("POST", "/setup", form={"code": wrong})
        assert answer.status == 422, answer
        assert not answer.cookies
        assert code not in answer.whole
    answer = empty.client.ask("POST", "/setup", form={"code": code.lower()})
    assert (answer.status, answer.location) == (303, "/setup/immich"), answer
    visit = {SET_UP_COOKIE: answer.cookies[SET_UP_COOKIE]}
    assert empty.client.ask("GET", "/setup/immich", cookies=visit).status == 200
    answer = empty.client.ask("GET", "/", cookies=visit)
    assert (answer.status, answer.location) == (303, "/setup"), answer


def test_guesses_at_the_code_come_to_an_end(empty: House) -> None:
    statuses = [
        empty.client.ask("POST", "/setup", form={"code": f"{n:012}"}).status for n in range(12)
    ]
    assert statuses[-1] == 429
    code = empty.program.set_up._code
    assert empty.client.ask("POST", "/setup", form={"code": code}).status == 429


def test_guesses_at_a_password_come_to_an_end(two: Two, tmp_path: Path) -> None:
    del tmp_path
    guess = {"way": "password", "email": two.other.email, "password": "wrong"}
    answers = [two.client.ask("POST", "/login", form=guess) for _ in range(12)]
    assert answers[-1].status == 429
    assert answers[-1].get("retry-after")
    right = two.client.ask("POST", "/login", form={**guess, "password": "sandbox"})
    assert right.status == 429
    assert not right.cookies
