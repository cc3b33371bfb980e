"""The texts of the pages in other languages: gettext catalogues, and the template they start from.

English is the source. A translation is ``locale/LANGUAGE/LC_MESSAGES/pentaprism.po``; it is read
as it is, so that nobody has to compile it. ``python -m pentaprism.web.catalogue`` (`make
catalogue`) collects all texts anew into ``locale/pentaprism.pot``.
"""

from __future__ import annotations

import gettext as plain
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pentaprism.destinations.registry import DESTINATIONS

DOMAIN = "pentaprism"
"""The name of our catalogues."""

LOCALE = Path(__file__).with_name("locale")
"""Where the catalogues are."""

TEMPLATE = LOCALE / f"{DOMAIN}.pot"
"""The catalogue without translations."""

_SOURCES = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"extensions": "jinja2.ext.do", "trimmed": "true", "silent": "false"}}
_KEYWORDS: dict[str, Any] = DEFAULT_KEYWORDS | {"mark": None, "phrase": None}
_NONE = plain.NullTranslations()
_language: ContextVar[plain.NullTranslations] = ContextVar("language", default=_NONE)


def gettext(message: str) -> str:
    """Return ``message`` in the language of the page that is being made."""
    # To gettext, the empty text is the name of a catalogue's header.
    return _language.get().gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a message that goes with ``count``, in the language of the page."""
    return _language.get().ngettext(one, many, count)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Let `gettext` answer in ``language`` within the block; English where it is unknown."""
    token = _language.set(translations(language))
    try:
        yield
    finally:
        _language.reset(token)


@cache
def translations(language: str, folder: Path = LOCALE) -> plain.NullTranslations:
    """Return the texts of ``language``, such as ``de`` or ``pt_BR``; English if there are none."""
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not path.is_file():
        parent = language.partition("_")[0]
        return translations(parent, folder) if parent != language else _NONE
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, domain=DOMAIN)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return plain.GNUTranslations(compiled)


def translates(language: str) -> bool:
    """Tell whether there are texts in ``language`` other than the English ones."""
    return translations(language) is not _NONE


def collect(folder: Path = LOCALE.parent) -> str:
    """Return the template of catalogues for the texts in ``folder`` and of what it shows.

    It holds neither dates nor line numbers, so that it changes only when a text does.
    """
    catalogue = Catalog(
        domain=DOMAIN, project="Pentaprism", header_comment="# The texts of Pentaprism's pages."
    )
    pages = extract_from_dir(
        folder, _SOURCES, _OPTIONS, _KEYWORDS, comment_tags=("For translators:",)
    )
    overview = extract_from_dir(folder.with_name("overview"), _SOURCES[:1], keywords=_KEYWORDS)
    for filename, _line, message, comments, context in [*pages, *overview, *_of_options()]:
        if message:
            place = [(Path(filename).as_posix(), 1)]
            catalogue.add(message, None, place, auto_comments=comments, context=context)
    told = io.BytesIO()
    options: dict[str, Any] = {"omit_header": True, "include_lineno": False, "sort_output": True}
    write_po(told, catalogue, width=100, **options)
    return told.getvalue().decode()


type _Found = tuple[str, int, str | tuple[str, ...], list[str], str | None]


def _of_options() -> Iterator[_Found]:
    """Yield the labels and hints of the options of mirrors, which their models hold."""
    for kind in DESTINATIONS.values():
        for field in kind.options.model_fields.values():
            for text in (field.title, field.description):
                if text:
                    yield f"{kind.kind} options", 1, text, [], None


def write() -> None:
    """Write the template of catalogues."""
    LOCALE.mkdir(exist_ok=True)
    TEMPLATE.write_text(collect(), encoding="utf-8")


if __name__ == "__main__":
    write()
