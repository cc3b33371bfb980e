"""More is put into replies without touching any other byte, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pentaprism.gateway.splicing import Kind, Places, find_places, splice

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
RECORDED = Path(__file__).parents[3] / "shared" / "immich" / "recorded"
IDS = [f"7c09785f-8e74-4931-95c0-06391b9f16c{n:x}" for n in range(16)]

names = st.sampled_from(["id", "name", "items", "assets", "it's \"}{\\", "", "é😀", "\u2028", ","])
texts = names | st.text(max_size=6)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
members = st.dictionaries(names.filter(lambda name: name != "id"), values, max_size=4)
assets = st.builds(lambda id_, more: {"id": id_, **more}, st.sampled_from(IDS), members)
late = st.builds(lambda id_, more: {**more, "id": id_}, st.sampled_from(IDS) | texts, members)
items = st.lists(assets, max_size=4) | st.lists(assets | late | members | values, max_size=4)
results = st.builds(
    lambda before, listed, after, assets_before, assets_after: {
        **before,
        "assets": {**assets_before, "items": listed, **assets_after},
        **after,
    },
    st.dictionaries(names, values, max_size=2),
    items,
    st.dictionaries(names.filter(lambda name: name != "assets"), values, max_size=2),
    st.dictionaries(names.filter(lambda name: name != "items"), values, max_size=2),
    st.dictionaries(names.filter(lambda name: name != "items"), values, max_size=2),
)
layouts: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"separators": (",", ":"), "ensure_ascii": False},
        {"separators": (",", ":")},
        {},
        {"indent": 2},
        {"separators": (" ,\t", "\r\n: ")},
    ]
)
spaces = st.sampled_from(["", " ", "\n", "\r\n\t "])


def told(places: Places) -> list[bytes]:
    return [b'{"told":"%d of \\"%b\\" }{"}' % (at, b"x" * at) for at in range(len(places.ids))]


def spliced(kind: Kind, body: bytes) -> tuple[Places, list[bytes], bytes]:
    places = find_places(kind, body)
    assert places is not None
    objects = told(places)
    result = splice(body, places, objects)
    assert without(result, places, objects) == body
    return places, objects, result


def without(result: bytes, places: Places, objects: list[bytes]) -> bytes:
    """Return ``result`` with what was put in taken out again, where it was put in."""
    put_in = [b"[" + b",".join(objects) + b"]"] if places.column else objects
    for cut, piece in reversed(list(zip(places.cuts, put_in, strict=True))):
        at = cut + sum(
            len(b',"pentaprism":' + other)
            for where, other in zip(places.cuts, put_in, strict=True)
            if where < cut
        )
        member = b',"pentaprism":' + piece
        assert result[at : at + len(member)] == member
        result = result[:at] + result[at + len(member) :]
    return result


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@UNHURRIED
@given(results, layouts, spaces, spaces)
def test_a_search_says_the_same_and_more(
    reply: dict[str, Any], layout: dict[str, Any], before: str, after: str
) -> None:
    body = (before + json.dumps(reply, **layout) + after).encode()
    places, objects, result = spliced(Kind.SEARCH, body)
    expected = json.loads(body)
    left = list(objects)
    for item in expected["assets"]["items"]:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            item["pentaprism"] = json.loads(left.pop(0))
    assert not left
    assert json.loads(result) == expected
    assert places.ids == [
        item["id"]
        for item in json.loads(body)["assets"]["items"]
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    ]


@UNHURRIED
@given(assets | late, layouts, spaces, spaces)
def test_a_detail_says_the_same_and_more(
    asset: dict[str, Any], layout: dict[str, Any], before: str, after: str
) -> None:
    body = (before + json.dumps(asset, **layout) + after).encode()
    places, objects, result = spliced(Kind.DETAIL, body)
    assert places.ids == [asset["id"]]
    assert json.loads(result) == {**json.loads(body), "pentaprism": json.loads(objects[0])}


@UNHURRIED
@given(
    st.integers(0, 4),
    st.sets(names.filter(lambda name: name != "id"), max_size=4),
    layouts,
    spaces,
    st.data(),
)
def test_a_bucket_has_one_more_column(
    rows: int, more: set[str], layout: dict[str, Any], after: str, data: st.DataObject
) -> None:
    columns = {name: data.draw(st.lists(values, min_size=rows, max_size=rows)) for name in more}
    bucket = {"id": IDS[:rows], **columns}
    body = (json.dumps(bucket, **layout) + after).encode()
    places, objects, result = spliced(Kind.BUCKET, body)
    assert places.ids == IDS[:rows]
    column = [json.loads(one) for one in objects]
    assert json.loads(result) == {**json.loads(body), "pentaprism": column}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.SEARCH, b""),
        (Kind.SEARCH, b"[]"),
        (Kind.SEARCH, b"null"),
        (Kind.SEARCH, b'{"assets":null}'),
        (Kind.SEARCH, b'{"assets":{"items":{}}}'),
        (Kind.SEARCH, b'{"assets":{"items":[{"id":"a"}]}'),
        (Kind.SEARCH, b'{"assets":{"items":[{"id":"a"}]}} {}'),
        (Kind.SEARCH, b'{"albums":{"items":[{"id":"a"}]}}'),
        (Kind.SEARCH, b'{"assets":{"items":[{"id":"a","pentaprism":1}]}}'),
        (Kind.SEARCH, b'{"assets":{"items":[{"id":"\xff\xfe"}]}}'),
        (Kind.DETAIL, b'{"id":"a","pentaprism" : null}'),
        (Kind.DETAIL, b'{"id":null}'),
        (Kind.DETAIL, b"{}"),
        (Kind.DETAIL, b'{"id":"a"'),
        (Kind.DETAIL, b"\xef\xbb\xbf{}"),
        (Kind.BUCKET, b'{"id":["a"],"type":[]}'),
        (Kind.BUCKET, b'{"id":["a"],"type":"IMAGE"}'),
        (Kind.BUCKET, b'{"id":[1],"type":["IMAGE"]}'),
        (Kind.BUCKET, b'{"id":["a"],"pentaprism":[{}]}'),
        (Kind.BUCKET, b"{}"),
    ],
)
def test_what_is_not_as_expected_has_no_places(kind: Kind, body: bytes) -> None:
    assert find_places(kind, body) is None


def test_what_only_speaks_of_the_key_is_added_to() -> None:
    body = compact({"id": IDS[0], "name": "pentaprism", "text": '"pentaprism":1'})
    assert find_places(Kind.DETAIL, body) == Places([IDS[0]], [len(body) - 1])


@pytest.mark.parametrize("key", ["albums", "zzz"])
def test_the_same_items_under_another_name_are_left_alone(key: str) -> None:
    listed = {"items": [{"id": IDS[0]}, {"id": IDS[1]}]}
    reply = {"assets": listed, key: listed} if key == "zzz" else {key: listed, "assets": listed}
    _, objects, result = spliced(Kind.SEARCH, compact(reply))
    found = json.loads(result)
    assert found[key] == listed
    assert [item["pentaprism"] for item in found["assets"]["items"]] == list(
        map(json.loads, objects)
    )


def test_of_keys_that_are_there_twice_the_last_one_counts() -> None:
    first, last = (compact({"items": [{"id": id_}]}) for id_ in IDS[:2])
    body = b'{"assets":%b,"assets":%b}' % (first, last)
    places, objects, result = spliced(Kind.SEARCH, body)
    assert places.ids == [IDS[1]]
    assert json.loads(result)["assets"]["items"][0]["pentaprism"] == json.loads(objects[0])


def test_an_id_that_is_escaped_is_read() -> None:
    escaped = '"' + "".join(f"\\u{ord(letter):04x}" for letter in IDS[0]) + '"'
    body = f'{{"assets":{{"items":[{{"id":{escaped}}},{{"id":"{"a" * 35}\\""}}]}}}}'.encode()
    places, _, _ = spliced(Kind.SEARCH, body)
    assert places.ids == [IDS[0], "a" * 35 + '"']


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("search-metadata-withExif", Kind.SEARCH),
        ("search-metadata-album-page1", Kind.SEARCH),
        ("search-metadata-album-last-page", Kind.SEARCH),
        ("asset-get", Kind.DETAIL),
        ("asset-get-in-stack", Kind.DETAIL),
        ("asset-get-video", Kind.DETAIL),
        ("timeline-bucket", Kind.BUCKET),
    ],
)
def test_what_immich_says_can_be_added_to(name: str, kind: Kind) -> None:
    if not RECORDED.exists():
        pytest.skip("there are no recorded replies beside the repository")
    reply = json.loads((RECORDED / f"{name}.json").read_text())["response_body"]
    places, _, result = spliced(kind, compact(reply))
    assert places.ids
    assert result.count(b'"pentaprism":') == len(places.cuts)
