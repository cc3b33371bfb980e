from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import make_asset

from pentaprism.assets import Exif
from pentaprism.destinations.local_folder.xmp import xmp_sidecar

SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
}
XML_TEXT = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"],
        exclude_characters="\ufffe\uffff",
        include_characters="\t\n\r",
    ),
    min_size=1,
)


def read(exif: Exif | None, tags: tuple[str, ...] | None = None) -> ET.Element:
    sidecar = xmp_sidecar(replace(make_asset(b"picture"), exif=exif, tags=tags))
    description = ET.fromstring(sidecar).find(".//rdf:Description", SPACES)
    assert description is not None
    return description


def text(root: ET.Element, path: str) -> str | None:
    found = root.find(path, SPACES)
    return None if found is None else found.text


def test_everything_is_where_photo_programs_look_for_it() -> None:
    root = read(
        Exif(
            description="Beach & <sea>",
            rating=4,
            latitude=-33.8568,
            longitude=151.2153,
            city="Sydney",
            state="New South Wales",
            country="Australia",
        ),
        ("Places/Sea", "Family"),
    )
    assert text(root, "dc:description/rdf:Alt/rdf:li") == "Beach & <sea>"
    assert text(root, "xmp:Rating") == "4"
    assert text(root, "exif:GPSLatitude") == "33,51.408000S"
    assert text(root, "exif:GPSLongitude") == "151,12.918000E"
    assert text(root, "photoshop:City") == "Sydney"
    assert text(root, "photoshop:State") == "New South Wales"
    assert text(root, "photoshop:Country") == "Australia"
    keywords = root.findall("dc:subject/rdf:Bag/rdf:li", SPACES)
    assert [keyword.text for keyword in keywords] == ["Sea", "Family"]
    tags = root.findall("digiKam:TagsList/rdf:Seq/rdf:li", SPACES)
    assert [tag.text for tag in tags] == ["Places/Sea", "Family"]


@pytest.mark.parametrize("exif", [None, Exif(), Exif(latitude=1.0)])
def test_what_is_not_known_is_left_out(exif: Exif | None) -> None:
    assert list(read(exif)) == []


@given(XML_TEXT)
def test_any_text_comes_back_as_it_was(value: str) -> None:
    root = read(Exif(description=value), (value.replace("/", "|"),))
    assert text(root, "dc:description/rdf:Alt/rdf:li") == value
    assert text(root, "dc:subject/rdf:Bag/rdf:li") == value.replace("/", "|")


@given(st.text(), st.text(min_size=1))
def test_text_that_xml_cannot_hold_still_makes_a_file(value: str, tag: str) -> None:
    read(Exif(description=value), (tag,))


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_coordinates_come_back_within_a_millimetre_or_two(
    latitude: float, longitude: float
) -> None:
    root = read(Exif(latitude=latitude, longitude=longitude))
    for name, value, letters in (
        ("exif:GPSLatitude", latitude, "NS"),
        ("exif:GPSLongitude", longitude, "EW"),
    ):
        written = text(root, name)
        assert written is not None
        degrees, minutes = written[:-1].split(",")
        assert 0 <= float(minutes) < 60
        sign = -1 if written[-1] == letters[1] else 1
        assert written[-1] in letters
        assert sign * (int(degrees) + float(minutes) / 60) == pytest.approx(value, abs=1e-8)
