"""Keys: which are taken, where they are kept, what they open."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.errors import ActionRequiredError, InvalidError
from pentaprism.store import Secrets, generate_key

NOWHERE = Path("nowhere.db")


@given(st.text())
def test_what_is_encrypted_can_be_decrypted_and_not_read(text: str) -> None:
    secrets = Secrets.load(generate_key(), NOWHERE)
    token = secrets.encrypt(text)
    assert secrets.decrypt(token) == text
    assert len(text) < 8 or text not in token


def test_another_key_does_not_open_it() -> None:
    token = Secrets.load(generate_key(), NOWHERE).encrypt("api key")
    with pytest.raises(ActionRequiredError) as caught:
        Secrets.load(generate_key(), NOWHERE).decrypt(token)
    assert caught.value.code == "secret_key"
    assert "pentaprism connect" in caught.value.hint


def test_a_new_key_in_front_keeps_the_old_one_working() -> None:
    old, new = generate_key(), generate_key()
    token = Secrets.load(old, NOWHERE).encrypt("api key")
    both = Secrets.load(f"{new}, {old}", NOWHERE)
    assert both.decrypt(token) == "api key"
    assert Secrets.load(new, NOWHERE).decrypt(both.encrypt("api key")) == "api key"


@pytest.mark.parametrize(
    "key",
    [
        "",
        ",",
        "short",
        "a" * 64,
        "abc" * 20,
        "changeme" * 5,
        "kQ3vN8xT1pZ6rW0s" * 2,
        "your-secret-key-change-this-in-production",
        "please_change_me_to_a_random_string",
        "01234567890123456789012345678901",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        pytest.param(f"{generate_key()},short", id="one of two is short"),
    ],
)
def test_a_weak_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidError) as caught:
        Secrets.load(key, NOWHERE)
    assert caught.value.code == "secret_key"
    assert "key generate" in caught.value.hint
    assert not key.strip(",") or key not in str(caught.value)


@given(st.binary(min_size=32, max_size=32))
def test_a_random_key_in_hex_is_taken_unless_it_has_a_pattern(raw: bytes) -> None:
    if len(set(raw.hex())) >= 12 and len(set(raw)) > 20:
        Secrets.load(raw.hex(), NOWHERE)


def test_generated_keys_are_taken() -> None:
    keys = {generate_key() for _ in range(500)}
    assert len(keys) == 500
    for key in keys:
        Secrets.load(key, NOWHERE)


def test_without_a_key_one_is_made_beside_the_database(tmp_path: Path) -> None:
    database = tmp_path / "new" / "pentaprism.db"
    token = Secrets.load(None, database).encrypt("api key")
    file = tmp_path / "new" / "pentaprism.db.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert os.listdir(file.parent) == ["pentaprism.db.key"]
    assert Secrets.load(None, database).decrypt(token) == "api key"


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pentaprism.store import Secrets;"
        "sys.stdin.readline(); secrets = Secrets.load(None, Path(sys.argv[1]));"
        "print(secrets.encrypt('api key'))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "pentaprism.db")]
    pipe = subprocess.PIPE
    started = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    tokens = [process.communicate()[0].strip() for process in started]
    secrets = Secrets.load(None, tmp_path / "pentaprism.db")
    assert [secrets.decrypt(token) for token in tokens] == ["api key"] * 3


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe"])
def test_a_damaged_key_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "pentaprism.db.key"
    file.write_bytes(content)
    with pytest.raises((InvalidError, ActionRequiredError)) as caught:
        Secrets.load(None, tmp_path / "pentaprism.db")
    assert caught.value.code == "secret_key"
    assert str(file) in str(caught.value)
    assert file.read_bytes() == content


def test_the_key_is_in_no_repr() -> None:
    key = generate_key()
    secrets = Secrets.load(key, NOWHERE)
    assert key not in repr(secrets)
    assert key not in str(secrets)
