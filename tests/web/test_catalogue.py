from __future__ import annotations

from pathlib import Path

import pytest
from babel import Locale

from pentaprism.web import catalogue
from pentaprism.web.catalogue import TEMPLATE, collect, gettext, ngettext, speaking, translations
from pentaprism.web.formats import Formats
from pentaprism.web.rendering import Pages, View

GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "More"
msgstr "Mehr"

msgid "day"
msgid_plural "days"
msgstr[0] "Tag"
msgstr[1] "Tage"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "de/LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "pentaprism.po").write_text(GERMAN)
    return tmp_path


def test_the_template_holds_every_text_of_the_pages() -> None:
    assert TEMPLATE.read_text() == collect(), "Run `make catalogue`."


def test_texts_of_python_and_of_templates_are_collected(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('from x import gettext as _\n\n\n_("From Python")\n')
    (tmp_path / "b.html").write_text(
        '{{ _("From a page") }}{% do [].append(_("Done")) %}'
        "{% trans n=3 %}one{% pluralize %}{{ n }}{% endtrans %}"
    )
    found = collect(tmp_path)
    assert '#: a.py\nmsgid "From Python"' in found
    assert '#: b.html\nmsgid "From a page"' in found
    assert 'msgid "Done"' in found
    assert 'msgid_plural "%(n)s"' in found


def test_a_translation_needs_no_compiling(folder: Path) -> None:
    german = translations("de", folder)
    assert german.gettext("More") == "Mehr"
    assert german.ngettext("day", "days", 2) == "Tage"
    assert german.gettext("Not translated") == "Not translated"
    assert translations("de_AT", folder) is translations("de", folder)
    assert translations("fr", folder).gettext("More") == "More"


def test_english_is_spoken_unless_told_otherwise() -> None:
    assert gettext("More") == "More"
    assert gettext("") == ""
    assert ngettext("day", "days", 2) == "days"
    with speaking("xx"):
        assert gettext("More") == "More"


def test_a_page_in_a_language_that_is_not_there_is_english() -> None:
    html = Pages().render(
        "error.html", view=View(formats=Formats(Locale("fr"))), title="Non", message="Non."
    )
    assert '<html lang="en" data-locale="fr"' in html
    assert "Back to the dashboard" in html


def test_catalogues_are_named_for_the_program() -> None:
    assert catalogue.TEMPLATE.name == "pentaprism.pot"
