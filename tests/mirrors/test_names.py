"""Safe names, path templates and claims: pure, so as tables and properties."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.assets import Asset, Checksum, Exif, MediaType, Role
from pentaprism.errors import InvalidError
from pentaprism.mirrors.claims import Claims, alternatives, conflict_copies, path_key, shot_paths
from pentaprism.mirrors.names import MAX_BYTES, fit, name_key, safe_name, split_extension
from pentaprism.mirrors.templates import FIELDS, parse_template

TEXTS = st.text(max_size=400) | st.text(st.sampled_from("../\\:*\0 .\ud800CONaé\u0301😀"))
DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def asset(filename: str, number: int = 1, content: bytes | None = None) -> Asset:
    when = datetime(2024, 7, 5, 18, 5, 9, tzinfo=UTC)
    sha1 = content or number.to_bytes(20)
    return Asset(
        id=f"{number:08x}-0000-4000-8000-000000000000",
        owner_id="owner",
        filename=filename,
        media_type=MediaType.IMAGE,
        mime_type="image/jpeg",
        checksum=Checksum(sha1, of_content=True),
        taken_at=when,
        local_taken_at=when.replace(tzinfo=None),
        created_at=when,
        updated_at=when,
        exif=Exif(make="Acme", model="Acme 7"),
    )


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("IMG_1234.JPG", "IMG_1234.JPG"),
        ("../../evil.jpg", ".._.._evil.jpg"),
        ("..", "_"),
        ("", "_"),
        ("a\0b.jpg", "a_b.jpg"),
        ("CON", "CON_"),
        ("con.jpg", "con_.jpg"),
        ("COM¹.txt", "COM¹_.txt"),
        ("console.jpg", "console.jpg"),
        ("trailing. ", "trailing"),
        (" leading.jpg", "leading.jpg"),
        (".hidden.jpg", ".hidden.jpg"),
        ("e\u0301.jpg", "é.jpg"),
        ('a<b>c:d"e|f?g*h.jpg', "a_b_c_d_e_f_g_h.jpg"),
        ("\ud800.jpg", "_.jpg"),
    ],
)
def test_safe_names(text: str, safe: str) -> None:
    assert safe_name(text) == safe


@given(TEXTS)
def test_a_safe_name_is_one_component_on_every_system(text: str) -> None:
    name = safe_name(text)
    assert 1 <= len(name.encode()) <= MAX_BYTES
    assert name not in {".", ".."}
    assert not set(name) & set('<>:"/\\|?*\0')
    assert name == name.strip(" ")
    assert not name.endswith((".", " "))
    assert name.partition(".")[0].casefold() not in DEVICES
    assert unicodedata.is_normalized("NFC", name)


@given(TEXTS)
def test_a_safe_name_stays_as_it_is(text: str) -> None:
    assert safe_name(safe_name(text)) == safe_name(text)


@given(st.text(min_size=300, max_size=400), st.sampled_from([".jpg", ".HEIC", ".mp4"]))
def test_a_long_name_keeps_its_extension(stem: str, extension: str) -> None:
    assert safe_name(stem + extension).endswith(extension)


@given(TEXTS.map(safe_name), st.sampled_from(["~1a2b3c4d", "~" + "f" * 32]))
def test_a_suffix_always_fits(name: str, suffix: str) -> None:
    fitted = fit(name, suffix)
    assert suffix in fitted
    assert len(fitted.encode()) <= MAX_BYTES
    assert split_extension(fitted)[1] == split_extension(name)[1]


@pytest.mark.parametrize("other", ["img.JPG", "IMG.jpg", "İ.jpg"])
def test_case_does_not_tell_names_apart(other: str) -> None:
    assert name_key(other) == name_key(other.casefold())


@given(TEXTS)
def test_unicode_form_does_not_tell_names_apart(text: str) -> None:
    assert name_key(unicodedata.normalize("NFD", text)) == name_key(
        unicodedata.normalize("NFC", text)
    )


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("{filename}", "a.jpg"),
        ("{album}/{year}/{month}/{filename}", "Trip/2024/07/a.jpg"),
        ("{day}-{hour}{minute}{second}/{stem}{ext}", "05-180509/a.jpg"),
        ("{camera}/{type}/{filename}", "Acme 7/image/a.jpg"),
        ("{id}{ext}", "00000001-0000-4000-8000-000000000000.jpg"),
    ],
)
def test_templates(template: str, path: str) -> None:
    assert str(parse_template(template).render(asset("a.jpg"), "Trip")) == path


@pytest.mark.parametrize(
    "template",
    ["", "/x/{filename}", "{album}", "../{filename}", "a//{filename}", "{nope}/{filename}",
     "{filename}/x", "{filename", "a\\{filename}", "{stem}", "./{filename}"],
)  # fmt: skip
def test_templates_that_are_refused(template: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_template(template)
    assert caught.value.code == "template"
    assert "{filename}" in caught.value.hint


@given(TEXTS, TEXTS, st.sampled_from(sorted(FIELDS)))
def test_a_path_never_leaves_the_folder(filename: str, album: str, field: str) -> None:
    path = parse_template(f"{{album}}/{{{field}}}/{{filename}}").render(asset(filename), album)
    assert not path.is_absolute()
    assert len(path.parts) == 3
    assert all(part == safe_name(part) for part in path.parts)


def test_alternatives_never_touch_what_is_ours() -> None:
    for path in alternatives(PurePosixPath(".Pentaprism"), "12345678-1"):
        assert path.parts[0].casefold() != ".pentaprism"


def test_conflict_copies_do_not_pile_up() -> None:
    first = next(conflict_copies(PurePosixPath("a/b.jpg"), "12345678-1"))
    assert str(first) == "a/b~conflict-12345678.jpg"
    again: Iterator[PurePosixPath] = conflict_copies(first, "12345678-1")
    assert [str(next(again)), str(next(again))] == [
        "a/b~conflict-12345678.jpg",
        "a/b~conflict-12345678-2.jpg",
    ]


def test_the_files_of_a_shot_share_a_stem() -> None:
    paths = shot_paths(PurePosixPath("x/IMG.HEIC"), list(Role), "whatever.MOV")
    assert {role: str(path) for role, path in paths.items()} == {
        Role.PRIMARY: "x/IMG.HEIC",
        Role.VIDEO: "x/IMG.MOV",
        Role.SIDECAR: "x/IMG.HEIC.xmp",
    }


def test_a_live_video_never_takes_its_stills_place() -> None:
    paths = shot_paths(PurePosixPath("clip.mov"), [Role.PRIMARY, Role.VIDEO], "clip.MOV")
    assert len({path_key(path) for path in paths.values()}) == 2


@given(st.lists(st.sampled_from(["IMG.jpg", "img.JPG", "é.jpg", "e\u0301.jpg", "x.HEIC"])))
def test_claims_never_meet_and_are_the_same_each_time(names: list[str]) -> None:
    def claim_all() -> list[str]:
        claims = Claims({})
        taken = []
        for number, name in enumerate(names):
            one = asset(name, number)
            wanted = claims.candidates(PurePosixPath(safe_name(name)), one, [Role.PRIMARY])
            paths = claims.claim(wanted, {Role.PRIMARY: one.checksum.sha1})
            assert paths is not None
            taken.append(str(paths[Role.PRIMARY]))
        return taken

    taken = claim_all()
    assert len(taken) == len(names)
    assert len({path_key(path) for path in taken}) == len(names)
    assert claim_all() == taken
    if names:
        assert taken[0] == safe_name(names[0])


def test_a_file_that_is_there_already_is_claimed_by_its_content_alone() -> None:
    claims = Claims({b"x" * 20: [PurePosixPath("IMG.jpg")]})
    plain = PurePosixPath("IMG.jpg")
    stranger, owner = asset("IMG.jpg", 1, b"y" * 20), asset("IMG.jpg", 2, b"x" * 20)
    for one, path in ((stranger, "IMG~00000001.jpg"), (owner, "IMG.jpg")):
        wanted = claims.candidates(plain, one, [Role.PRIMARY])
        paths = claims.claim(wanted, {Role.PRIMARY: one.checksum.sha1})
        assert paths is not None
        assert str(paths[Role.PRIMARY]) == path
