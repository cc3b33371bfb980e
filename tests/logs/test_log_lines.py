"""What log lines look like, where they go, and that none has a secret in it."""

from __future__ import annotations

import io
import json
import logging
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.errors import ActionRequiredError, InvalidError
from pentaprism.logs import MASK, configure, hide, set_level
from pentaprism.logs.files import LogFile

SECRET = "hunter2-9fK2sLq7Vb1XcZ0mT4yW8eRu"
log = logging.getLogger("pentaprism.runs")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the logging of the tests' process as it was."""
    root = logging.getLogger()
    kept = list(root.handlers)
    yield
    configure(stream=io.StringIO())
    for handler in [h for h in root.handlers if h not in kept]:
        root.removeHandler(handler)
    logging.raiseExceptions = True


@pytest.fixture
def plain() -> io.StringIO:
    stream = io.StringIO()
    configure(level="DEBUG", stream=stream)
    return stream


@pytest.fixture
def as_json() -> io.StringIO:
    stream = io.StringIO()
    configure(level="DEBUG", log_format="json", stream=stream)
    return stream


def test_a_plain_line(plain: io.StringIO) -> None:
    log.info("%s ended", "Summer", extra={"code": "quota", "done": 3, "place": "a b", "x": ""})
    line = plain.getvalue()
    assert re.fullmatch(
        r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO  runs: Summer ended code=quota done=3 place="a b" '
        r'x=""\n',
        line,
    )


def test_a_json_line(as_json: io.StringIO) -> None:
    log.warning("%s ended", "Süden", extra={"code": "quota", "counts": {"done": 3}, "left": None})
    told = json.loads(as_json.getvalue())
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "WARNING",
        "logger": "pentaprism.runs",
        "message": "Süden ended",
        "code": "quota",
        "counts": {"done": 3},
        "left": None,
    }
    assert as_json.getvalue().isascii()


def fail(text: str) -> None:
    raise ValueError(text)


def test_text_from_elsewhere_cannot_forge_a_line(plain: io.StringIO) -> None:
    log.info("album %s", "a\n2026-11-21 07:20:03 ERROR runs: gone\x1b[2J\u2028")
    try:
        fail("b\n2026-11-21 07:20:03 ERROR runs: gone")
    except ValueError:
        log.exception("failed")
    lines = plain.getvalue().splitlines()
    assert [line for line in lines if line.startswith("2026-11-21 07:20:03 ERROR runs: gone")] == []
    assert "\\n2026" in lines[0]
    assert "\x1b" not in plain.getvalue()


def log_everything(secret: str) -> None:
    """Log ``secret`` in all the ways in which one may come into a line."""
    log.info("Authorization: Bearer %s", secret)
    log.info("headers %s", {"x-api-key": secret, "Cookie": f"immich_access_token={secret}"})
    log.info("url %s", f"https://anna:{secret}@example.org/a?apiKey={secret}")
    log.info("%(password)s", {"password": f"token={secret}"})
    log.info("with extras", extra={"password": secret, "headers": {"x-api-key": secret}})
    log.info("broken %d arguments", f"token={secret}")
    try:
        try:
            fail(f"refresh_token={secret}")
        except ValueError as error:
            raise RuntimeError(f"Authorization: Bearer {secret}") from error
    except RuntimeError:
        log.exception("failed")
    log.info("stack", stack_info=True)


@pytest.mark.parametrize("log_format", ["plain", "json"])
def test_no_secret_comes_through(log_format: str, tmp_path: Path) -> None:
    stream = io.StringIO()
    configure(log_format=log_format, stream=stream, folder=tmp_path)
    log_everything(SECRET)
    for text in (stream.getvalue(), (tmp_path / "pentaprism.log").read_text()):
        assert SECRET not in text
        assert text.count(MASK) > 8
        assert "RuntimeError" in text
        assert "direct cause" in text


@given(st.text(min_size=8, max_size=40).filter(lambda s: not set(s) & set("[]")))
def test_a_known_secret_is_in_no_line(secret: str) -> None:
    hide(secret)
    for log_format in ("plain", "json"):
        stream = io.StringIO()
        configure(log_format=log_format, stream=stream)
        log.info("a %s b", secret, extra={"about": secret, "listed": [secret, {"deep": secret}]})
        try:
            fail(secret)
        except ValueError:
            log.exception("failed with %r", {"it": secret})
        if log_format == "json":
            assert all(
                secret not in text
                for line in stream.getvalue().splitlines()
                for text in texts(json.loads(line)["message"])
            )
        else:
            assert secret not in "\n".join(
                line.split(": ", 1)[-1] for line in stream.getvalue().splitlines()
            )


def texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [t for each in value for t in texts(each)]


def test_the_access_log_has_no_queries(plain: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "192.0.2.1:5", "GET", "/login?next=/a&code=abc", "1.1", 200
    )
    assert plain.getvalue().endswith("uvicorn.access: 192.0.2.1:5 GET /login 200\n")


def test_the_level_can_be_changed(plain: io.StringIO) -> None:
    set_level("error")
    log.warning("one")
    set_level("DEBUG")
    log.debug("two")
    assert "one" not in plain.getvalue()
    assert "two" in plain.getvalue()
    with pytest.raises(InvalidError, match="not a level"):
        set_level("LOUD")


def test_other_code_is_heard_from_warnings_on(plain: io.StringIO) -> None:
    logging.getLogger("urllib3").debug("https://example.org")
    logging.getLogger("apprise").info("sent")
    logging.getLogger("apscheduler").warning("late")
    assert plain.getvalue().count("\n") == 1
    assert "apscheduler: late" in plain.getvalue()


def test_configuring_again_replaces_what_was(plain: io.StringIO) -> None:
    other = io.StringIO()
    configure(stream=other)
    log.info("once")
    assert plain.getvalue() == ""
    assert other.getvalue().count("once") == 1


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InvalidError, match="LOG_FORMAT"):
        configure(log_format="xml")


def test_the_file_is_private_and_its_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "logs"
    configure(stream=io.StringIO(), folder=folder)
    log.info("hello")
    file = folder / "pentaprism.log"
    assert "hello" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ActionRequiredError, match="cannot be written") as refused:
        configure(stream=io.StringIO(), folder=tmp_path / "taken" / "logs")
    assert refused.value.code == "log_path"


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("pentaprism", logging.INFO, "", 0, text, (), None)


def test_the_file_rotates(tmp_path: Path) -> None:
    file = LogFile(tmp_path, most=1000, old=2)
    for number in range(100):
        file.emit(record(f"line {number:03} {'x' * 80}"))
    file.close()
    logs = sorted(path.name for path in tmp_path.glob("pentaprism.log*"))
    assert logs == ["pentaprism.log", "pentaprism.log.1", "pentaprism.log.2"]
    assert all((tmp_path / name).stat().st_size <= 1000 for name in logs)
    assert "line 099" in (tmp_path / "pentaprism.log").read_text()


WRITER = """
import logging, sys
from pathlib import Path
from pentaprism.logs.files import LogFile
file = LogFile(Path(sys.argv[1]), most=4000, old=500)
for number in range(400):
    text = f"{sys.argv[2]} {number} {'x' * 60}"
    file.emit(logging.LogRecord("pentaprism", logging.INFO, "", 0, text, (), None))
"""


def test_several_processes_rotate_without_losing_a_line(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name]) for name in "abc"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    lines = [
        line for path in tmp_path.glob("pentaprism.log*") for line in path.read_text().splitlines()
    ]
    found = {tuple(line.split()[:2]) for line in lines}
    assert found == {(name, str(number)) for name in "abc" for number in range(400)}
    assert len(lines) == 1200
