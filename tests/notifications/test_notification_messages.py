"""What the messages say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.notifications import Facts, Kind, compose

LINK = "https://photos.example.org/pentaprism/mirrors/7"
FACTS = Facts(
    mirror="Summer 2026",
    place="Google Photos of anna@example.org",
    link=LINK,
    reason="The Google account has no storage left, so nothing more can be added.",
    hint="Make room there, then run again.",
    done=1200,
    failed=3,
    left=1,
    until=datetime(2026, 11, 22, 8, tzinfo=UTC),
)


@pytest.mark.parametrize("kind", Kind)
def test_each_names_the_mirror_and_ends_with_the_link(kind: Kind) -> None:
    message = compose(kind, FACTS)
    assert "“Summer 2026”" in message.title
    assert "Google Photos of anna@example.org" in message.body
    assert message.body.endswith(f": {LINK}")
    assert "!" not in message.title + message.body
    assert "None" not in message.title + message.body


def test_a_failure_tells_why_and_what_to_do() -> None:
    message = compose(Kind.RUN_FAILED, FACTS)
    assert message.title == "“Summer 2026” is not being mirrored"
    assert FACTS.reason in message.body
    assert "What to do: Make room there, then run again." in message.body
    assert "stays as it is. This run put 1,200 files there." in message.body


def test_single_files_that_failed_are_counted() -> None:
    message = compose(Kind.RUN_FAILED, replace(FACTS, reason="", hint=""))
    assert message.title == "“Summer 2026”: 3 files could not be mirrored"
    assert "The originals in Immich are untouched." in message.body


def test_a_sign_in_that_ended_tells_that_nothing_is_lost() -> None:
    message = compose(Kind.RECONNECT_NEEDED, replace(FACTS, hint="", done=0))
    assert "Nothing is lost" in message.body
    assert "What to do: Connect the account again; its mirrors then go on." in message.body


def test_the_quota_tells_when_it_goes_on() -> None:
    message = compose(Kind.QUOTA_REACHED, FACTS)
    assert FACTS.until is not None
    when = f"{FACTS.until.astimezone():%Y-%m-%d %H:%M}"
    assert message.title == f"“Summer 2026” goes on at {when}"
    assert "1 file is still to come." in message.body
    assert "Nothing needs to be done" in message.body


@given(st.sampled_from(Kind), st.text(), st.text(), st.text())
def test_no_name_breaks_the_title_or_forges_a_line(
    kind: Kind, name: str, reason: str, hint: str
) -> None:
    message = compose(kind, replace(FACTS, mirror=name, reason=reason, hint=hint))
    assert len(message.title.splitlines()) == 1
    assert all(line == line.strip() for line in message.body.splitlines())
    assert message.body.splitlines()[-1].endswith(LINK)
