"""Forms made from the options of a destination, and what people typed turned into options again.

Pure: the model says which options there are, and nothing here knows a destination by its name.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import ByteSize, ValidationError
from pydantic.fields import FieldInfo

from pentaprism.destinations.base import DestinationType
from pentaprism.destinations.choices import Missing, RawPolicy, Removals
from pentaprism.overview.phrases import mark
from pentaprism.web.catalogue import gettext as _

ACCOUNT = "account"
"""The option that names an online account, chosen from a person's own."""


class Control(StrEnum):
    """What people enter an option with; ``size`` is a number of bytes with its unit."""

    TEXT = "text"
    PATH = "path"
    SIZE = "size"
    NUMBER = "number"
    SELECT = "select"
    RADIOS = "radios"
    CHECKBOX = "checkbox"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Field:
    """One option as a form shows it.

    ``value`` is the text that is in the control, or whether the box is ticked. ``choices`` are
    values with their words. ``fixed``: it is shown and cannot be changed. ``extra``: few people
    need it, so it stands below the others.
    """

    name: str
    control: Control
    label: str
    hint: str
    value: str | bool
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    fixed: bool = False
    extra: bool = False
    error: str | None = None


_WORDS: Mapping[str, str] = {
    Removals.KEEP: mark("Keep it"),
    Removals.TRASH: mark("Move it to a trash at the destination"),
    Removals.REMOVE: mark("Take it out of the album there; it stays in the account"),
    RawPolicy.ALL: mark("All files"),
    RawPolicy.PRIMARY: mark("The primary file only"),
    RawPolicy.RAW: mark("The RAW file only"),
    Missing.FETCH: mark("Fetch it again"),
    Missing.LEAVE: mark("Leave it out"),
}
"""Each choice in words."""

_HINTS: Mapping[tuple[str, str], str] = {
    ("account", "account"): mark("The Google account that the mirror fills."),
    ("removals", "account"): mark(
        "What happens to a photo whose asset has left the album. Removing needs an account that "
        "was connected with the permission to edit."
    ),
    ("removals", "path"): mark(
        "What happens to a file whose asset has left the album. From the trash it can be restored."
    ),
    ("follow_title", "account"): mark(
        "Rename the album at Google when it is renamed in Immich. Needs an account that was "
        "connected with the permission to edit."
    ),
    ("path", "path"): mark(
        "The folder that shall equal the album: an absolute path on the server. It is made when "
        "it is missing."
    ),
}
"""Hints for pages, where the model's speak to the command line; by option and kind of place."""

_FIRST = ("path", ACCOUNT, "removals", "template", "missing", "captions", "motion_photos")
"""The options that are asked first; the others are extra."""

_FEW = 3
"""So many choices are shown at once; more of them fold into a list."""


def fields(
    kind: DestinationType,
    values: Mapping[str, Any] | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    accounts: Sequence[tuple[str, str]] = (),
    fixed: Iterable[str] = (),
) -> tuple[Field, ...]:
    """Return the form for a mirror of ``kind``, where it writes first.

    ``values`` are options as they are recorded, or what was typed; what they lack has its default.
    ``errors`` are those of `OptionsError`. ``accounts`` are the person's by id with their names.
    """
    known, wrong, kept = values or {}, errors or {}, frozenset(fixed)
    made = [
        _field(
            name,
            info,
            known.get(name),
            in_account=kind.in_account,
            choices=_choices(kind, name, info, accounts),
            fixed=name in kept,
            error=wrong.get(name),
        )
        for name, info in kind.options.model_fields.items()
    ]
    return tuple(sorted(made, key=_order))


def values(
    kind: DestinationType, typed: Mapping[str, str], *, fixed: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the options that a form sent; it sends nothing for a box that is not ticked.

    What was left empty has its default. The options named ``fixed`` are left out.
    """
    read: dict[str, Any] = {}
    for name, info in kind.options.model_fields.items():
        if name in frozenset(fixed):
            continue
        if _control(name, info) is Control.CHECKBOX:
            read[name] = name in typed
            continue
        text = typed.get(name, "").strip()
        if text or info.is_required():
            read[name] = text
        else:
            read[name] = info.get_default(call_default_factory=True)
    return read


def word(choice: str) -> str:
    """Return a choice in words, in the language of the page."""
    known = _WORDS.get(choice)
    return _(known) if known else str(choice).replace("_", " ").capitalize()


def size_text(count: int) -> str:
    """Return ``count`` bytes exactly, as people write them: 100 MiB."""
    for unit, power in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count and not count % (1 << power):
            return f"{count >> power} {unit}"
    return f"{count} B"


def sentence(text: str) -> str:
    """Return ``text`` with a capital and a full stop, as a message at a field stands alone."""
    told = text.strip()
    ended = told if told.endswith((".", "?")) else f"{told}."
    return ended[:1].upper() + ended[1:]


def _field(
    name: str,
    info: FieldInfo,
    value: Any,
    *,
    in_account: bool,
    choices: tuple[tuple[str, str], ...],
    fixed: bool,
    error: str | None,
) -> Field:
    control = _control(name, info)
    given = value if value is not None else _default(info)
    label = info.title or name.replace("_", " ").capitalize()
    hint = _HINTS.get((name, ACCOUNT if in_account else "path")) or info.description
    return Field(
        name=name,
        control=control,
        label=_(label),
        hint=_(hint) if hint else "",
        value=bool(given) if control is Control.CHECKBOX else _text(given, control),
        choices=choices,
        required=info.is_required(),
        fixed=fixed,
        extra=name not in _FIRST,
        error=sentence(error) if error else None,
    )


def _control(name: str, info: FieldInfo) -> Control:
    type_ = _plain(info.annotation)
    if name == ACCOUNT:
        return Control.ACCOUNT
    if type_ is bool:
        return Control.CHECKBOX
    if isinstance(type_, type) and issubclass(type_, StrEnum):
        return Control.RADIOS if len(type_) <= _FEW else Control.SELECT
    if type_ is ByteSize:
        return Control.SIZE
    if type_ in {int, float}:
        return Control.NUMBER
    return Control.PATH if type_ is Path else Control.TEXT


def _plain(annotation: Any) -> Any:
    """Return the type of an option without the None that it may be as well."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return next(part for part in get_args(annotation) if part is not type(None))
    return annotation


def _choices(
    kind: DestinationType, name: str, info: FieldInfo, accounts: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    if name == ACCOUNT:
        return tuple(accounts)
    type_ = _plain(info.annotation)
    if not (isinstance(type_, type) and issubclass(type_, StrEnum)):
        return ()
    return tuple((one.value, word(one)) for one in type_ if _takes(kind, name, one))


def _takes(kind: DestinationType, name: str, choice: StrEnum) -> bool:
    """Tell whether destinations of ``kind`` know ``choice``: the model refuses what they do not."""
    try:
        kind.options.model_validate({name: choice})
    except ValidationError as error:
        return all(wrong["loc"][:1] != (name,) for wrong in error.errors())
    return True


def _default(info: FieldInfo) -> Any:
    return "" if info.is_required() else info.get_default(call_default_factory=True)


def _text(value: Any, control: Control) -> str:
    if control is Control.SIZE and isinstance(value, int):
        return size_text(value)
    if value is None:
        return ""
    return str(value.value) if isinstance(value, StrEnum) else str(value)


def _order(field: Field) -> tuple[bool, int]:
    return (field.extra, _FIRST.index(field.name) if field.name in _FIRST else len(_FIRST))
