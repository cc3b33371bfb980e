"""The settings of the pages and of the log."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path

import pytest

from pentaprism.errors import InvalidError
from pentaprism.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        if name.upper() in os.environ:
            monkeypatch.delenv(name.upper())


@pytest.mark.parametrize(
    ("given", "kept", "path"),
    [
        ("https://photos.example.org/pentaprism/", "https://photos.example.org/pentaprism",
         "/pentaprism"),
        ("https://photos.example.org", "https://photos.example.org", ""),
        ("http://localhost:8080/", "http://localhost:8080", ""),
        ("http://[::1]:8080/a/b", "http://[::1]:8080/a/b", "/a/b"),
        (" HTTPS://Photos.Example.org/P ", "https://photos.example.org/P", "/P"),
    ],
)  # fmt: skip
def test_a_base_url_is_kept_without_a_slash_at_its_end(given: str, kept: str, path: str) -> None:
    settings = load_settings(base_url=given)
    assert settings.base_url == kept
    assert settings.base_path == path


@pytest.mark.parametrize(
    "given",
    [
        "photos.example.org",
        "ftp://photos.example.org",
        "https://",
        "https:///pentaprism",
        "https://anna:secret@photos.example.org",
        "https://photos.example.org/?a=1",
        "https://photos.example.org/#a",
        "https://photos.example.org/a b",
        "https://photos.example.org/a\nb",
        "https://photos.example.org/../a",
        "https://photos.example.org//a",
        "https://photos.example.org:99999",
        "https://[::1",
    ],
)
def test_what_is_no_base_url_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(InvalidError, match=r"BASE_URL: its? ") as refused:
        load_settings(base_url=given)
    assert "secret" not in str(refused.value)


def test_without_a_base_url_there_is_no_path() -> None:
    assert load_settings().base_url is None
    assert load_settings().base_path == ""


def test_the_public_address_of_immich_is_the_one_of_its_pages() -> None:
    settings = load_settings(immich_public_url="https://immich.example.org/api/")
    assert settings.immich_public_url == "https://immich.example.org"


def test_trusted_proxies_are_networks() -> None:
    local = load_settings().trusted_networks
    assert any(ip_address("127.0.0.1") in network for network in local)
    assert any(ip_address("::1") in network for network in local)
    several = load_settings(trusted_proxies="172.16.0.0/12, 10.0.0.7").trusted_networks
    assert [str(network) for network in several] == ["172.16.0.0/12", "10.0.0.7/32"]
    assert load_settings(trusted_proxies="none").trusted_networks == ()
    with pytest.raises(InvalidError, match="TRUSTED_PROXIES: each must be an address"):
        load_settings(trusted_proxies="traefik")


def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOG_PATH", str(tmp_path))
    monkeypatch.setenv("LOG_FORMAT", "json")
    monkeypatch.setenv("SESSION_DAYS", "7")
    settings = load_settings()
    assert (settings.log_path, settings.log_format, settings.session_days) == (tmp_path, "json", 7)
    monkeypatch.setenv("SESSION_DAYS", "366")
    with pytest.raises(InvalidError, match="SESSION_DAYS"):
        load_settings()
