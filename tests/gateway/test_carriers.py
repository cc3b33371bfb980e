"""All that Immich takes as a credential counts, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pentaprism.gateway.carriers import (
    carrier_headers,
    carrier_query,
    digest,
    is_share_link,
    may_be_api_key,
)

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEY = b"k" * 32
CARRYING = (
    b"cookie",
    b"authorization",
    b"x-api-key",
    b"x-immich-user-token",
    b"x-immich-session-token",
    b"x-immich-share-key",
    b"x-immich-share-slug",
    b"x-immich-of-next-year",
)
OTHERS = (b"accept", b"host", b"user-agent", b"x-forwarded-for", b"x-immicha", b"x-api-keys")

type Pairs = list[tuple[bytes, bytes]]

values = st.binary(max_size=8)
carrying: st.SearchStrategy[Pairs] = st.lists(
    st.tuples(st.sampled_from(CARRYING), values), max_size=4
)
others: st.SearchStrategy[Pairs] = st.lists(st.tuples(st.sampled_from(OTHERS), values), max_size=4)


def request(headers: Pairs, query: bytes = b"") -> dict[str, Any]:
    return {"type": "http", "headers": headers, "query_string": query}


@UNHURRIED
@given(carrying, carrying)
def test_different_carriers_have_different_digests(one: Pairs, other: Pairs) -> None:
    assert (digest(request(one), KEY) == digest(request(other), KEY)) is (one == other)


@UNHURRIED
@given(carrying, others, st.randoms(use_true_random=False))
def test_other_headers_count_neither_by_what_they_say_nor_by_where_they_are(
    carriers: Pairs, more: Pairs, chance: Any
) -> None:
    places = [True] * len(carriers) + [False] * len(more)
    chance.shuffle(places)
    mine, theirs = iter(carriers), iter(more)
    mixed = [next(mine) if is_mine else next(theirs) for is_mine in places]
    assert digest(request(mixed), KEY) == digest(request(carriers), KEY)
    assert carrier_headers(request(mixed)) == carriers


@UNHURRIED
@given(st.sampled_from(("apiKey", "sessionKey", "key", "slug")), values, values)
def test_parameters_of_the_query_count_by_their_values(name: str, one: bytes, other: bytes) -> None:
    queries = [f"{name}={value.hex()}".encode() for value in (one, other)]
    digests = [digest(request([], query), KEY) for query in queries]
    assert (digests[0] == digests[1]) is (one == other)


def test_a_header_is_not_the_same_as_a_parameter_or_another_header() -> None:
    told = [
        request([(b"x-api-key", b"a")]),
        request([(b"authorization", b"a")]),
        request([(b"x-api-key", b""), (b"authorization", b"a")]),
        request([(b"x-api-key", b"a"), (b"x-api-key", b"a")]),
        request([(b"x-api-key", b"a, a")]),
        request([], b"apiKey=a"),
        request([], b"key=a"),
        request([], b"key=a&key=a"),
        request([]),
    ]
    assert len({digest(scope, KEY) for scope in told}) == len(told)


def test_the_digest_depends_on_its_key() -> None:
    scope = request([(b"x-api-key", b"a")])
    assert digest(scope, KEY) != digest(scope, b"another")


@pytest.mark.parametrize(
    "query",
    [
        b"key=a",
        b"key[]=a",
        b"key%5B%5D=a",
        b"key[0]=a",
        b"[key]=a",
        b"%6bey=a",
        b"%6Bey%5b%5d=a",
        b"slug=a",
        b"apiKey=a",
        b"apikey=a",
        b"sessionKey=a",
        b"key=a&key=b",
        b"key",
        b"key=a=b",
    ],
)
def test_every_spelling_of_a_parameter_counts(query: bytes) -> None:
    assert carrier_query(request([], b"size=preview&" + query + b"&edited=true")) == query


@pytest.mark.parametrize(
    "query", [b"", b"size=preview", b"timeBucket=2024-01-01T00%3A00%3A00.000Z", b"monkey=a&keys=b"]
)
def test_other_parameters_do_not_count(query: bytes) -> None:
    assert carrier_query(request([], query)) == b""


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ([(b"x-immich-share-key", b"a")], b"", True),
        ([(b"x-immich-share-slug", b"a")], b"", True),
        ([(b"cookie", b"immich_access_token=a")], b"key=a", True),
        ([], b"%6bey=a", True),
        ([], b"slug=a", True),
        ([], b"key=", False),
        ([(b"x-immich-share-key", b"")], b"", False),
        ([(b"x-api-key", b"a")], b"apiKey=a", False),
        ([], b"", False),
    ],
)
def test_share_links_are_told_from_people(headers: Pairs, query: bytes, *, expected: bool) -> None:
    assert is_share_link(request(headers, query)) is expected


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ([(b"x-api-key", b"a")], b"", True),
        ([], b"apiKey=a", True),
        ([(b"cookie", b"a"), (b"authorization", b"Bearer a")], b"sessionKey=a", False),
    ],
)
def test_api_keys_are_told_from_sessions(headers: Pairs, query: bytes, *, expected: bool) -> None:
    assert may_be_api_key(request(headers, query)) is expected
