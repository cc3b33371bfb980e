"""The pure parts of the folder destination: recognising files, explaining errors, options."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.destinations.base import Presence, RemoteItem
from pentaprism.destinations.local_folder.faults import explain
from pentaprism.destinations.local_folder.fingerprint import judge, nanoseconds, same_time
from pentaprism.destinations.local_folder.options import FolderOptions
from pentaprism.destinations.local_folder.tree import PRIVATE, split
from pentaprism.destinations.memory import MemoryPlace, memory_type
from pentaprism.destinations.registry import DESTINATIONS, by_kind, parse_spec
from pentaprism.errors import (
    ActionRequiredError,
    InvalidError,
    PentaprismError,
    PermanentError,
    RetryableError,
)

SECOND = 1_000_000_000
NOW = 1_600_000_000 * SECOND


def make_status(size: int, mtime_ns: int, mode: int = stat.S_IFREG) -> os.stat_result:
    seconds = mtime_ns // SECOND
    times = {"st_mtime_ns": mtime_ns, "st_atime_ns": mtime_ns, "st_ctime_ns": mtime_ns}
    return os.stat_result((mode, 1, 1, 1, 0, 0, size, seconds, seconds, seconds), times)


@pytest.mark.parametrize(
    ("seen", "sha1", "expected"),
    [
        (None, None, Presence.MISSING),
        (make_status(7, NOW), None, Presence.PRESENT),
        (make_status(7, NOW + 2 * SECOND), None, Presence.PRESENT),
        (make_status(7, NOW - 2 * SECOND), None, Presence.PRESENT),
        (make_status(6, NOW), None, Presence.DAMAGED),
        (make_status(8, NOW), None, Presence.DAMAGED),
        (make_status(0, NOW), None, Presence.DAMAGED),
        (make_status(0, NOW + 9 * SECOND), None, Presence.DAMAGED),
        (make_status(7, NOW + 3 * SECOND), b"same", Presence.PRESENT),
        (make_status(7, NOW - 3 * SECOND), b"other", Presence.EDITED),
        (make_status(7, NOW + 3 * SECOND), None, Presence.EDITED),
        (make_status(8, NOW + 3 * SECOND), b"same", Presence.EDITED),
        (make_status(7, NOW, stat.S_IFDIR), None, Presence.EDITED),
        (make_status(7, NOW, stat.S_IFLNK), None, Presence.EDITED),
    ],
)
def test_judging_a_file(
    seen: os.stat_result | None, sha1: bytes | None, expected: Presence
) -> None:
    assert judge(seen, RemoteItem("a", 7, NOW, b"same"), lambda: sha1) is expected


def test_a_file_with_the_recorded_time_is_never_read() -> None:
    read: list[str] = []
    item = RemoteItem("a", 7, NOW, b"same")
    judge(make_status(7, NOW), item, lambda: read.append("a"))
    judge(make_status(5, NOW), item, lambda: read.append("a"))
    assert read == []


@given(st.integers(-(2**62), 2**62))
def test_times_as_fat_keeps_them_are_the_same(instant: int) -> None:
    down = instant // (2 * SECOND) * 2 * SECOND
    assert same_time(instant, down)
    assert same_time(instant, down + 2 * SECOND)
    assert not same_time(instant, down - SECOND * 2 - 1)


@given(st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 (made aware below)
def test_nanoseconds_are_exact(instant: datetime) -> None:
    aware = instant.replace(tzinfo=UTC)
    back = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds(aware) // 1000)
    assert back == aware


@given(st.text())
def test_a_path_is_plainly_below_the_folder_or_refused(path: str) -> None:
    try:
        folders, name = split(path)
    except PermanentError:
        return
    parts = (*folders, name)
    assert "/".join(parts) == path
    assert not {"", ".", ".."} & set(parts)
    assert parts[0].casefold() != PRIVATE
    joined = os.path.normpath(f"/root/{path}")
    assert joined == f"/root/{path}"
    assert "\0" not in path
    os.fsencode(path)


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, ActionRequiredError, "disk_full"),
        (errno.EDQUOT, ActionRequiredError, "disk_full"),
        (errno.EROFS, ActionRequiredError, "read_only"),
        (errno.ENODEV, ActionRequiredError, "disk_gone"),
        (errno.ESTALE, ActionRequiredError, "disk_gone"),
        (errno.ENOTCONN, ActionRequiredError, "disk_gone"),
        (errno.EACCES, PermanentError, "no_permission"),
        (errno.EPERM, PermanentError, "no_permission"),
        (errno.ENAMETOOLONG, PermanentError, "name_too_long"),
        (errno.EIO, PermanentError, "disk_error"),
        (errno.EXDEV, PermanentError, "other_filesystem"),
        (errno.EFBIG, PermanentError, "file_too_big"),
        (errno.ENOTDIR, PermanentError, "not_a_folder"),
        (errno.ELOOP, PermanentError, "not_a_folder"),
        (errno.EBUSY, RetryableError, "busy"),
        (errno.EILSEQ, PermanentError, "file_error"),
    ],
)
def test_each_error_of_the_system_is_explained(
    number: int, kind: type[PentaprismError], code: str
) -> None:
    error = explain(OSError(number, os.strerror(number)), "d/a.jpg")
    assert type(error) is kind
    assert error.code == code
    assert "d/a.jpg" in error.message
    assert error.hint


def test_an_error_without_a_number_is_explained_by_its_words() -> None:
    assert "a FIFO" in explain(OSError("a FIFO"), "a.jpg").message


def test_a_spec_gives_the_kind_and_its_options(tmp_path: Path) -> None:
    kind, options = parse_spec(f"folder:{tmp_path}/a:b")
    assert kind is by_kind("local_folder")
    assert options == FolderOptions.model_validate({"path": tmp_path / "a:b"})


def test_a_relative_path_starts_here_and_a_tilde_at_home() -> None:
    assert parse_spec("folder:photos/../x")[1] == FolderOptions(path=Path.cwd() / "x")
    assert parse_spec("folder:~/x")[1] == FolderOptions(path=Path.home() / "x")


@pytest.mark.parametrize("spec", ["", "folder", "floppy:/a", "/photos", "memory:x"])
def test_an_unknown_form_lists_those_that_there_are(spec: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_spec(spec)
    assert "folder:" in caught.value.hint


@pytest.mark.parametrize("spec", ["folder:", "folder:~nobody-of-that-name/x", "folder:/a\0b"])
def test_a_bad_path_is_one_sentence(spec: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_spec(spec)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_an_unknown_kind_lists_those_that_there_are() -> None:
    with pytest.raises(InvalidError) as caught:
        by_kind("floppy")
    assert "local_folder" in caught.value.hint


@pytest.mark.parametrize("destination", [*DESTINATIONS.values(), memory_type({})])
def test_every_option_has_a_title_and_a_description(destination: object) -> None:
    options = getattr(destination, "options")  # noqa: B009 (parametrised as object)
    for field in options.model_fields.values():
        assert field.title
        assert field.description


def test_two_ways_to_write_a_folder_are_one_place(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    places = set()
    for path in ("real", "link", "real/", "./x/../real"):
        kind, options = parse_spec(f"folder:{tmp_path}/{path}")
        places.add(kind.place(options))
    assert places == {str(tmp_path / "real")}


def test_memory_makes_its_places_when_they_are_opened() -> None:
    places: dict[str, MemoryPlace] = {}
    kind, options = parse_spec("memory:x", {"memory": memory_type(places)})
    assert kind.place(options) == "x"
    assert places == {}
