"""What the messages say: what happened, what it means for the files, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pentaprism.notifications.verdict import Kind


@dataclass(frozen=True, slots=True)
class Message:
    """A message in plain text; its last line is a link to the page where it belongs."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message is made of.

    ``mirror`` is the mirror's name, ``place`` its destination in words, such as “Google Photos of
    anna@example.org”, ``link`` the whole address of its page. ``reason`` and ``hint`` are those of
    the error, empty where only single files failed. ``done`` counts what the run put there,
    ``failed`` what it could not, ``left`` what is still to come (None: not known). ``until`` is
    when the run goes on.
    """

    mirror: str
    place: str
    link: str
    reason: str = ""
    hint: str = ""
    done: int = 0
    failed: int = 0
    left: int | None = None
    until: datetime | None = None


def compose(kind: Kind, facts: Facts) -> Message:
    """Return the message of ``kind`` with ``facts`` in it."""
    title, paragraphs = _WRITERS[kind](facts)
    told = [_joined(sentences) for sentences in paragraphs]
    link = f"{_LINKS[kind]}: {facts.link}"
    return Message(_one_line(title), "\n\n".join([*filter(None, told), link]))


type _Text = tuple[str, list[list[str]]]


def _run_failed(facts: Facts) -> _Text:
    if not facts.reason:
        return _files_failed(facts)
    hint = facts.hint or "Nothing at once: the next run tries again and goes on from here."
    return (
        f"“{facts.mirror}” is not being mirrored",
        [
            [f"The mirror of “{facts.mirror}” to {facts.place} stopped.", facts.reason],
            ["What is there already stays as it is.", _put(facts)],
            [f"What to do: {hint}"],
            ["You are told again when the reason changes or when it works again."],
        ],
    )


def _files_failed(facts: Facts) -> _Text:
    files = _files(facts.failed) if facts.failed else "some files"
    return (
        f"“{facts.mirror}”: {files} could not be mirrored",
        [
            [f"The mirror of “{facts.mirror}” to {facts.place} ended, but not all is there."],
            [f"Missing: {files}.", "The originals in Immich are untouched.", _put(facts)],
            [f"What to do: {facts.hint or 'look which ones they are; the next run tries again.'}"],
            ["You are told again when the reason changes or when it works again."],
        ],
    )


def _reconnect_needed(facts: Facts) -> _Text:
    hint = facts.hint or "Connect the account again; its mirrors then go on."
    return (
        f"“{facts.mirror}” waits for you to sign in again",
        [
            [f"The mirror of “{facts.mirror}” to {facts.place} waits.", facts.reason],
            ["Nothing is lost: what is there stays as it is, and the rest follows.", _put(facts)],
            [f"What to do: {hint}"],
        ],
    )


def _quota_reached(facts: Facts) -> _Text:
    when = f"at {facts.until.astimezone():%Y-%m-%d %H:%M}" if facts.until else "on the next day"
    return (
        f"“{facts.mirror}” goes on {when}",
        [
            [
                f"The mirror of “{facts.mirror}” to {facts.place} waits.",
                "The requests that may be made in a day are used up.",
            ],
            ["Nothing is lost.", _put(facts), _left(facts)],
            [
                f"Nothing needs to be done: it goes on by itself {when}.",
                "If there is more than one day's worth, it rests again until all is there.",
            ],
        ],
    )


def _back_to_normal(facts: Facts) -> _Text:
    return (
        f"“{facts.mirror}” is mirrored again",
        [
            [f"The mirror of “{facts.mirror}” to {facts.place} works again, and all is there."],
            [_put(facts)],
            ["Nothing needs to be done."],
        ],
    )


_WRITERS = {
    Kind.RUN_FAILED: _run_failed,
    Kind.RECONNECT_NEEDED: _reconnect_needed,
    Kind.QUOTA_REACHED: _quota_reached,
    Kind.BACK_TO_NORMAL: _back_to_normal,
}
_LINKS = {
    Kind.RUN_FAILED: "See what happened",
    Kind.RECONNECT_NEEDED: "Connect it again",
    Kind.QUOTA_REACHED: "See how far it is",
    Kind.BACK_TO_NORMAL: "See the mirror",
}


def _put(facts: Facts) -> str:
    return f"This run put {_files(facts.done)} there." if facts.done else ""


def _left(facts: Facts) -> str:
    if facts.left is None:
        return ""
    return f"{_files(facts.left)} {'is' if facts.left == 1 else 'are'} still to come."


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _joined(sentences: list[str]) -> str:
    return " ".join(filter(None, map(_one_line, sentences)))


def _one_line(text: str) -> str:
    """Return ``text`` on one line: names may hold what breaks a message's head or its layout."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
