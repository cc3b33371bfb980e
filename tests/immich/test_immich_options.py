"""Addresses and keys as people write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.errors import ActionRequiredError, InvalidError
from pentaprism.immich import ImmichClient, ImmichOptions
from pentaprism.immich.options import check_key, parse_url


@pytest.mark.parametrize(
    ("url", "origin", "base"),
    [
        ("http://photos:2283", "http://photos:2283", "/api"),
        ("http://photos:2283/", "http://photos:2283", "/api"),
        ("http://photos:2283/api", "http://photos:2283", "/api"),
        ("http://photos:2283/api///", "http://photos:2283", "/api"),
        (" https://photos.example.org\n", "https://photos.example.org", "/api"),
        ("HTTPS://Photos.Example.org:443//api", "https://photos.example.org", "/api"),
        ("http://photos:80", "http://photos", "/api"),
        ("https://photos/immich", "https://photos", "/immich/api"),
        ("https://photos/a b/api/", "https://photos", "/a%20b/api"),
        ("http://[::1]:2283", "http://[::1]:2283", "/api"),
        ("http://bücher.example", "http://xn--bcher-kva.example", "/api"),
    ],
)
def test_addresses(url: str, origin: str, base: str) -> None:
    address = parse_url(url)
    assert (address.origin, address.base) == (origin, base)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "photos.example.org",
        "photos:2283",
        "ftp://photos",
        "http://",
        "http:///api",
        "http://user:hidden@photos",
        "http://photos:port",
        "http://photos:99999",
        "http://[::1",
        "http://photos/?apiKey=hidden",
        "http://photos/#a",
        "http://a b",
        "http://" + "ü" * 80,
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_url(url)
    assert caught.value.code == "url"
    assert caught.value.hint
    assert "hidden" not in caught.value.message


@given(st.text())
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    for url in (text, f"http://{text}"):
        try:
            address = parse_url(url)
        except InvalidError:
            continue
        assert address.base.endswith("/api")
        assert "//" not in address.base
        assert address.base.isascii()


@pytest.mark.parametrize("key", ["", "  ", "a b", "a\r\nHost: b", "schlüssel"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ActionRequiredError) as caught:
        check_key(key)
    assert caught.value.code == "bad_key"
    assert not key.strip() or key not in str(caught.value)


def test_the_key_does_not_show(connect: Any) -> None:
    options = ImmichOptions("http://photos", "the-key")
    assert "the-key" not in repr(options)
    client = ImmichClient(options)
    assert "the-key" not in repr(vars(client))


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nnonsense"])
def test_what_is_no_certificate_file(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidError) as caught:
        ImmichClient(ImmichOptions("https://photos", "key", ca_file=file))
    assert caught.value.code == "certificate"
    assert str(file) in caught.value.message
