"""Path templates: every field, every refusal, and never a way out of the folder."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirror_samples import asset_id, make_asset

from pentaprism.assets import Exif, MediaType
from pentaprism.errors import InvalidError
from pentaprism.mirrors.names import safe_name
from pentaprism.mirrors.templates import DEFAULT, FIELDS, parse_template

FIELD_VALUES = {
    "filename": "IMG_1.JPG",
    "stem": "IMG_1",
    "ext": ".JPG",
    "album": "Summer",
    "year": "2024",
    "month": "07",
    "day": "31",
    "hour": "18",
    "minute": "05",
    "second": "59",
    "camera": "unknown camera",
    "type": "image",
    "id": asset_id(1),
}


def test_every_field_is_tested_here() -> None:
    assert FIELD_VALUES.keys() == FIELDS.keys()


@pytest.mark.parametrize(("field", "value"), FIELD_VALUES.items())
def test_a_field_is_filled_in(field: str, value: str) -> None:
    template = parse_template(f"{{{field}}}/{{filename}}")
    assert template.render(make_asset(), "Summer").parts == (value, "IMG_1.JPG")


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        ("Acme", None, "Acme"),
        (None, "Testcam", "Testcam"),
        (None, None, "unknown camera"),
    ],
)
def test_a_camera_is_named_once(make: str | None, model: str | None, camera: str) -> None:
    asset = make_asset(exif=Exif(make=make, model=model))
    assert parse_template("{camera}/{filename}").render(asset, "").parts[0] == camera


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (DEFAULT, "IMG_1.JPG"),
        ("{album}/{year}/{month}/{filename}", "Summer/2024/07/IMG_1.JPG"),
        ("{year}-{month}-{day} {hour}.{minute}/{stem}{ext}", "2024-07-31 18.05/IMG_1.JPG"),
        ("{type}/{id}{ext}", f"image/{asset_id(1)}.JPG"),
        ("photos of {year}/{filename}", "photos of 2024/IMG_1.JPG"),
        ("CON/{filename}", "CON_/IMG_1.JPG"),
    ],
)
def test_a_template_makes_a_path(text: str, path: str) -> None:
    assert str(parse_template(text).render(make_asset(), "Summer")) == path


def test_a_year_has_four_digits_and_a_video_is_one() -> None:
    asset = make_asset(local_taken_at=datetime(33, 4, 3), media_type=MediaType.VIDEO)  # noqa: DTZ001 - wall-clock time has no zone
    assert str(parse_template("{year}/{type}/{filename}").render(asset, "")).startswith(
        "0033/video/"
    )


def test_only_the_camera_needs_more_than_the_listing() -> None:
    assert parse_template("{camera}/{filename}").needs_exif
    assert not parse_template("{year}/{filename}").needs_exif


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "relative path"),
        ("/photos/{filename}", "relative path"),
        ("../{filename}", "relative path"),
        ("a/./{filename}", "relative path"),
        ("a/ . /{filename}", "relative path"),
        ("a//{filename}", "relative path"),
        ("{filename}/", "relative path"),
        ("a\\{filename}", "relative path"),
        ("{name}/{filename}", "{name} is not a field"),
        ("{}/{filename}", "{} is not a field"),
        ("{FILENAME}", "{FILENAME} is not a field"),
        ("{filename", "brace is not closed"),
        ("filename}", "brace is not closed"),
        ("{{filename}}", "brace is not closed"),
        ("{year}", "its last part must hold {filename}"),
        ("{stem}", "its last part must hold {filename}"),
        ("{year}{ext}", "its last part must hold {filename}"),
        ("{filename}/{year}", "its last part must hold {filename}"),
    ],
)
def test_a_wrong_template_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_template(text)
    assert why in caught.value.message
    assert caught.value.code == "template"
    assert "{filename}" in caught.value.hint


hostile = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.lists(
        st.sampled_from(
            ["..", "/", "\\", "\0", "CON", "\ud800", "🏖", "海" * 133, ".", " ", "{id}"]
        ),
        max_size=8,
    ).map("".join),
)


@given(
    hostile,
    hostile,
    st.sampled_from(
        [DEFAULT, "{album}/{filename}", "{stem}/{ext}/{stem}{ext}", "{camera}/x{ext}{id}",
         "{album}{stem}/{filename}"]
    ),
)  # fmt: skip
def test_a_rendered_path_never_leaves_the_folder(filename: str, album: str, text: str) -> None:
    template = parse_template(text)
    asset = make_asset(filename=filename, exif=Exif(make=album, model=filename))
    path = template.render(asset, album)
    assert not path.is_absolute()
    assert len(path.parts) == len(template.components)
    assert all(part == safe_name(part) for part in path.parts)
