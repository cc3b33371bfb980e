from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pentaprism.definitions import OptionsError, check_options
from pentaprism.destinations.registry import DESTINATIONS, by_kind
from pentaprism.web import forms
from pentaprism.web.forms import Control, Field

KINDS = sorted(DESTINATIONS)

PLACES = {"local_folder": {"path": "/photos/holiday"}, "google_photos": {"account": "a-1"}}


def form(kind: str, values: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Field]:
    return {one.name: one for one in forms.fields(by_kind(kind), values, **more)}


def sent(fields: Mapping[str, Field]) -> dict[str, str]:
    """Return what a browser sends for a form that nobody has touched."""
    return {
        name: "on" if one.control is Control.CHECKBOX else str(one.value)
        for name, one in fields.items()
        if one.value is not False
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_of_every_destination_has_a_field_with_words(kind: str) -> None:
    fields = form(kind)
    assert set(fields) == set(by_kind(kind).options.model_fields)
    for one in fields.values():
        assert one.label
        assert one.hint
        assert one.label != one.name
        for _, words in one.choices:
            assert " " in words


@pytest.mark.parametrize("kind", KINDS)
def test_an_untouched_form_sends_the_defaults(kind: str) -> None:
    chosen = by_kind(kind)
    typed = sent(form(kind, PLACES[kind])) | PLACES[kind]
    options = check_options(chosen, forms.values(chosen, typed))
    assert options == chosen.options.model_validate(PLACES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_of_recorded_options_sends_the_same_options(kind: str) -> None:
    chosen = by_kind(kind)
    turned = {
        name: not info.default
        for name, info in chosen.options.model_fields.items()
        if isinstance(info.default, bool)
    }
    recorded = chosen.options.model_validate(PLACES[kind] | turned).model_dump(mode="json")
    typed = sent(form(kind, recorded))
    assert check_options(chosen, forms.values(chosen, typed)).model_dump(mode="json") == recorded


@pytest.mark.parametrize("kind", KINDS)
def test_only_choices_that_the_destination_takes_are_offered(kind: str) -> None:
    chosen = by_kind(kind)
    for name, one in form(kind).items():
        for value, _ in one.choices:
            check_options(chosen, PLACES[kind] | {name: value})


@pytest.mark.parametrize("kind", KINDS)
def test_where_it_writes_is_asked_first_and_must_be_told(kind: str) -> None:
    first = next(iter(form(kind).values()))
    assert first.name in {"path", "account"}
    assert first.required
    with pytest.raises(OptionsError) as told:
        check_options(by_kind(kind), forms.values(by_kind(kind), {}) | {first.name: None})
    assert first.name in told.value.fields


def test_removals_of_a_folder_go_to_a_trash_and_those_of_google_out_of_the_album() -> None:
    assert [value for value, _ in form("local_folder")["removals"].choices] == ["keep", "trash"]
    assert [value for value, _ in form("google_photos")["removals"].choices] == ["keep", "remove"]


def test_accounts_are_chosen_by_name() -> None:
    account = form("google_photos", {"account": "a-2"}, accounts=[("a-1", "Mira"), ("a-2", "Jo")])[
        "account"
    ]
    assert account.control is Control.ACCOUNT
    assert account.choices == (("a-1", "Mira"), ("a-2", "Jo"))
    assert account.value == "a-2"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1500, "1500 B"),
        (104_857_600, "100 MiB"),
        (1 << 30, "1 GiB"),
        ((1 << 30) + (1 << 20), "1025 MiB"),
        (1 << 41, "2 TiB"),
    ],
)
def test_a_size_is_written_exactly_and_read_back(count: int, text: str) -> None:
    assert forms.size_text(count) == text
    chosen = by_kind("local_folder")
    typed = {"path": "/photos", "min_free": text}
    assert check_options(chosen, forms.values(chosen, typed)).model_dump()["min_free"] == count


def test_what_is_wrong_stands_at_its_field_with_what_was_typed() -> None:
    chosen = by_kind("local_folder")
    typed = {"path": "holiday", "min_free": "lots", "template": "{nothing}"}
    with pytest.raises(OptionsError) as told:
        check_options(chosen, forms.values(chosen, typed))
    fields = form("local_folder", typed, errors=told.value.fields)
    assert fields["path"].error == "The path must be absolute, such as /photos/holiday."
    assert fields["path"].value == "holiday"
    assert fields["min_free"].value == "lots"
    assert fields["min_free"].error
    assert fields["removals"].error is None


def test_what_is_left_empty_has_its_default_and_a_fixed_place_is_not_read() -> None:
    chosen = by_kind("local_folder")
    read = forms.values(chosen, {"path": "/elsewhere", "template": "  "}, fixed={"path"})
    assert "path" not in read
    assert read["template"] == "{filename}"
    assert read["hard_links"] is False
    assert form("local_folder", fixed={"path"})["path"].fixed
