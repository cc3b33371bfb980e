"""Safe names: one component, on every system, whatever the text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pentaprism.mirrors.names import MAX_BYTES, fit, name_key, safe_name, split_extension

FORBIDDEN = set('<>:"/\\|?*') | {chr(n) for n in [*range(32), *range(127, 160)]}
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"
}

anything = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.lists(
        st.sampled_from(
            ["..", ".", "/", "\\", "\0", " ", "CON", "aux", ".jpg", "e\u0301", "\u00e9", "海", "🏖",
             "👨\u200d👩\u200d👧", "\ud800", "\ufe0f", "~", "x" * 100, "海" * 133, ".tar.gz", "ß",
             "İ", "\u2028", "COM¹", "ǰ", "ﬁ", "\u0345"]
        ),
        max_size=12,
    ).map("".join),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("IMG_1234.JPG", "IMG_1234.JPG"),
        (".hidden.jpg", ".hidden.jpg"),
        ("-rf.jpg", "-rf.jpg"),
        ("it's 100 %.jpg", "it's 100 %.jpg"),
        ("", "_"),
        (".", "_"),
        ("..", "_"),
        ("...", "_"),
        ("   ", "_"),
        ("../../evil/pic.jpg", ".._.._evil_pic.jpg"),
        ("..\\..\\windows.jpg", ".._.._windows.jpg"),
        ("C:\\photos\\drive.jpg", "C__photos_drive.jpg"),
        ("a\0b.jpg", "a_b.jpg"),
        ("two\nlines\ttab.jpg", "two_lines_tab.jpg"),
        ("bell\x07\x1b[31m.jpg", "bell__[31m.jpg"),
        ("trailing dot.jpg.", "trailing dot.jpg"),
        ("trailing space.jpg ", "trailing space.jpg"),
        (" leading space.jpg", "leading space.jpg"),
        ("CON", "CON_"),
        ("con.jpg", "con_.jpg"),
        ("Aux.tar.gz", "Aux_.tar.gz"),
        ("CON .jpg", "CON _.jpg"),
        ("COM¹.jpg", "COM¹_.jpg"),
        ("lpt9", "lpt9_"),
        ("CONIN$.jpg", "CONIN$_.jpg"),
        ("CONTACT.jpg", "CONTACT.jpg"),
        ('a<b>c:d"e|f?g*h.jpg', "a_b_c_d_e_f_g_h.jpg"),
        ("e\u0301.jpg", "\u00e9.jpg"),
        ("lone \ud83c.jpg", "lone _.jpg"),
        ("x" * 300 + ".jpg", "x" * 251 + ".jpg"),
        ("海" * 133 + ".jpg", "海" * 83 + ".jpg"),
        ("🏖" * 70 + ".jpg", "🏖" * 62 + ".jpg"),
    ],
)
def test_a_name_becomes_safe(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(anything)
@example("a" * 250 + " .jpg")
@example("x" * 255 + ".")
@example("con" + " " * 260)
def test_a_safe_name_is_one_component_of_every_system(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name.encode()) <= MAX_BYTES
    assert not set(name) & FORBIDDEN
    assert name not in {".", ".."}
    assert name[-1] not in ". "
    assert name[0] != " "
    assert name.partition(".")[0].rstrip(" ").lower() not in DEVICES
    assert unicodedata.is_normalized("NFC", name)


@given(anything)
@example("a" * 250 + " .jpg")
def test_a_safe_name_comes_back_unchanged(text: str) -> None:
    name = safe_name(text)
    assert safe_name(name) == name


@given(st.text("xy🏖海. -", max_size=400), st.sampled_from([".jpg", ".HEIC", ".jpeg"]))
def test_the_extension_survives(stem: str, extension: str) -> None:
    assert safe_name(f"a{stem}{extension}").endswith(extension)


@given(anything, st.sampled_from(["", "~0a1b2c3d", "~conflict-0a1b2c3d-999", "~" + "f" * 32]))
def test_a_suffix_goes_whole_before_the_extension(text: str, suffix: str) -> None:
    name = safe_name(text)
    fitted = fit(name, suffix)
    assert len(fitted.encode()) <= MAX_BYTES
    stem, extension = split_extension(name)
    assert fitted.endswith(suffix + extension)
    assert stem.startswith(fitted.removesuffix(suffix + extension)) or fitted.startswith("_")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("IMG.jpg", ("IMG", ".jpg")),
        ("IMG.tar.jpg", ("IMG.tar", ".jpg")),
        ("IMG", ("IMG", "")),
        (".hidden", (".hidden", "")),
        (".hidden.jpg", (".hidden", ".jpg")),
        ("..x", ("..x", "")),
        ("Mr. Smith", ("Mr. Smith", "")),
        ("a.an extension that is a sentence", ("a.an extension that is a sentence", "")),
        ("a." + "x" * 19, ("a", "." + "x" * 19)),
        ("a." + "x" * 21, ("a." + "x" * 21, "")),
    ],
)
def test_a_name_is_split_before_its_extension(name: str, parts: tuple[str, str]) -> None:
    assert split_extension(name) == parts


@given(anything)
def test_a_split_loses_nothing(name: str) -> None:
    assert "".join(split_extension(name)) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IMG.jpg", "img.JPG"),
        ("e\u0301", "\u00e9"),
        ("E\u0301", "\u00e9"),
        ("straße", "STRASSE"),
        ("ﬁn", "FIN"),
        ("ǰ", "J\u030c"),
        ("İ.jpg", "i\u0307.JPG"),
    ],
)
def test_names_that_some_system_takes_for_one_share_a_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("e", "\u00e9"), ("a.jpg", "a.jpeg")])
def test_other_names_have_other_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(anything)
def test_a_key_does_not_depend_on_case_or_form(text: str) -> None:
    key = name_key(text)
    assert name_key(key) == key
    for form in ("NFC", "NFD"):
        assert name_key(unicodedata.normalize(form, text)) == key
    assert name_key(text.casefold()) == key
