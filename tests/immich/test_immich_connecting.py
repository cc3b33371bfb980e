"""The first contact: wrong addresses, wrong servers, certificates, and what each is told."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from certificates import make_certificate
from originals import Target, download, original
from scripted_server import KEY, Handler, Raw, Request, always, reply, script

from pentaprism.errors import ActionRequiredError, PentaprismError, RetryableError
from pentaprism.immich import ImmichClient

PAGE = reply(b"<!doctype html><title>Immich</title>", Content_Type="text/html; charset=utf-8")


def immich(request: Request) -> Raw:
    """Answer the first calls as Immich does."""
    answers: dict[str, Any] = {
        "/api/server/ping": {"res": "pong"},
        "/api/server/version": {"major": 3, "minor": 1, "patch": 0, "prerelease": None},
        "/api/api-keys/me": {"permissions": ["all"]},
        "/api/users/me": {"id": "u", "name": "U", "email": "u@example.test", "isAdmin": False},
        "/api/albums": [],
    }
    if request.path in answers:
        return reply(answers[request.path])
    return reply({"message": f"Cannot {request.method} {request.path}"}, 404)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def refused(client: ImmichClient, code: str) -> PentaprismError:
    """Return the error of a preflight, after checking that it helps and hides the key."""
    with pytest.raises(ActionRequiredError) as caught:
        await client.preflight()
    error = caught.value
    assert error.code == code
    assert error.hint
    assert KEY not in f"{error!r}{error.hint}"
    return error


async def test_a_good_server(serve: Any, connect: Any) -> None:
    server = serve(immich)
    found = await connect(server.url).preflight()
    assert found.server.version == "3.1.0"
    keys = {request.headers["x-api-key"] for request in server.requests}
    assert keys == {KEY}
    assert server.connections == 1


async def test_a_host_that_does_not_exist(connect: Any, sleeps: list[float]) -> None:
    await refused(connect("http://nowhere.invalid:2283"), "unreachable")
    assert sleeps == []


async def test_a_port_where_nothing_listens(connect: Any, sleeps: list[float]) -> None:
    error = await refused(connect(f"http://127.0.0.1:{unused_port()}"), "unreachable")
    assert "refused" in error.message
    assert sleeps == []


async def test_a_host_that_keeps_silent(connect: Any, sleeps: list[float]) -> None:
    # A listener whose queue is full drops further connections without a word.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as stack:
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        client = connect(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.2)
        error = await refused(client, "unreachable")
    assert "in time" in error.message
    assert sleeps == []


async def test_a_server_that_went_away_is_waited_for(connect: Any, sleeps: list[float]) -> None:
    client = connect(f"http://127.0.0.1:{unused_port()}", retries=2)
    with pytest.raises(RetryableError) as caught:
        await client.albums()
    assert caught.value.code == "unreachable"
    assert len(sleeps) == 2


async def test_a_server_that_does_not_answer(serve: Any, connect: Any) -> None:
    server = serve(always(Raw(b"", stall=True)))
    with pytest.raises(RetryableError) as caught:
        await connect(server.url, timeout=0.05, retries=1).preflight()
    assert caught.value.code == "immich_unavailable"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("handle", "code", "words"),
    [
        (always(PAGE), "not_immich", "web page"),
        (always(reply({"hello": "world"})), "not_immich", "another shape"),
        (always(reply({"res": "ping"})), "not_immich", "ping"),
        (always(reply(b"hello", Content_Type="text/plain")), "not_immich", "not JSON"),
        (always(reply({"message": "Cannot GET /x/api/server/ping"}, 404)), "not_immich", "404"),
        (always(reply(b"<html>", 404, Content_Type="text/html")), "not_immich", "404"),
        (always(reply(b"<html>", 401, WWW_Authenticate="Basic")), "not_immich", "login"),
        (always(reply(b"<html>", 403)), "not_immich", "403"),
        (
            always(reply(b"The plain HTTP request was sent to HTTPS port", 400)),
            "url",
            "does not speak http",
        ),
        (always(Raw(b"SSH-2.0-OpenSSH_9.2\r\n")), "url", "does not speak http"),
        (
            always(reply(b"", 301, Location="https://photos.example.org/api/server/ping")),
            "url",
            "sends on to https://photos.example.org,",
        ),
        (always(reply(b"", 302, Location="/login?next=/api")), "url", "sends on to /login,"),
    ],
)
async def test_servers_that_are_not_it(
    serve: Any, connect: Any, handle: Handler, code: str, words: str
) -> None:
    error = await refused(connect(serve(handle).url), code)
    assert words in error.message


async def test_a_redirect_names_the_address_to_use(serve: Any, connect: Any) -> None:
    there = "https://photos.example.org/api/server/ping"
    server = serve(always(reply(b"", 308, Location=there)))
    error = await refused(connect(server.url), "url")
    assert error.hint == "Use https://photos.example.org as the Immich address."
    assert len(server.requests) == 1


async def test_a_page_in_place_of_a_later_answer(serve: Any, connect: Any) -> None:
    client = connect(serve(script(immich, immich, immich, immich, then=always(PAGE))).url)
    await client.preflight()
    with pytest.raises(ActionRequiredError) as caught:
        await client.albums()
    assert caught.value.code == "not_immich"


async def test_maintenance_mode_is_waited_for(serve: Any, connect: Any) -> None:
    def handle(request: Request) -> Raw:
        if request.path == "/api/server/config":
            return reply({"maintenanceMode": True})
        return reply({"message": f"Cannot GET {request.path}"}, 404)

    album = "226b37df-4369-4639-bd06-a6a46e8cdcc6"
    with pytest.raises(RetryableError) as caught:
        await connect(serve(handle).url, retries=1).album(album)
    assert caught.value.code == "immich_unavailable"
    assert "maintenance" in caught.value.message


@pytest.mark.parametrize("status", [400, 404])
async def test_a_proxys_refusal_is_not_a_deleted_album(
    serve: Any, connect: Any, status: int
) -> None:
    album = "226b37df-4369-4639-bd06-a6a46e8cdcc6"
    for body in (b"<html>404 page not found</html>", b"", b'{"error":"no route"}', b"[]", b"null"):
        client = connect(serve(always(reply(body, status))).url)
        with pytest.raises(ActionRequiredError) as caught:
            await client.album(album)
        assert caught.value.code == "not_immich"


async def test_http_spoken_to_a_server_that_wants_https(
    serve: Any, connect: Any, tmp_path: Path
) -> None:
    server = serve(immich, tls=make_certificate(tmp_path).server)
    with pytest.raises(PentaprismError) as caught:
        await connect(server.url.replace("https", "http"), retries=0).preflight()
    assert caught.value.code in {"url", "immich_unavailable"}


async def test_https_spoken_to_a_server_that_wants_http(serve: Any, connect: Any) -> None:
    error = await refused(connect(serve(immich).url.replace("http", "https")), "url")
    assert "http://" in error.hint


async def test_a_self_signed_certificate(serve: Any, connect: Any, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    server = serve(immich, tls=certificate.server)
    error = await refused(connect(server.url), "certificate")
    assert "IMMICH_CA_FILE" in error.hint
    found = await connect(server.url, ca_file=certificate.file).preflight()
    assert found.server.version == "3.1.0"


async def test_an_expired_certificate(serve: Any, connect: Any, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, days=(-2, -1))
    server = serve(immich, tls=certificate.server)
    error = await refused(connect(server.url, ca_file=certificate.file), "certificate")
    assert "expired" in error.message


async def test_a_certificate_for_another_name(serve: Any, connect: Any, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, name="photos.example.org")
    server = serve(immich, tls=certificate.server)
    error = await refused(connect(server.url, ca_file=certificate.file), "certificate")
    assert "another name" in error.message


async def test_downloads_trust_the_same_certificates(
    serve: Any, connect: Any, target: Target, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    server = serve(original, tls=certificate.server)
    with pytest.raises(ActionRequiredError) as caught:
        await download(connect(server.url), target)
    assert caught.value.code == "certificate"
    client = connect(server.url, ca_file=certificate.file)
    assert (await download(client, target)).verified
    assert (await download(client, target)).verified


async def test_a_download_over_tls_resumes_and_is_cancelled(
    serve: Any, connect: Any, target: Target, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    server = serve(
        script(
            lambda r: original(r, cut=300_000),
            original,
            then=lambda r: Raw(original(r, cut=5000).data, stall=True),
        ),
        tls=certificate.server,
    )
    client = connect(server.url, ca_file=certificate.file)
    assert (await download(client, target)).verified
    assert server.requests[1].headers["range"] == "bytes=300000-"
    running = asyncio.create_task(download(client, target))
    await asyncio.to_thread(server.stalled.wait)
    client.cancel()
    with pytest.raises(RetryableError) as cancelled:
        await running
    assert cancelled.value.code == "cancelled"
