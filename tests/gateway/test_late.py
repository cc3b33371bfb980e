"""What is made for the first request that needs it, and what a gateway starts without."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pentaprism.gateway.late import Late


async def made(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": scope["type"]})


async def ask(app: ASGIApp) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    await app({"type": "http"}, receive, send)
    return sent


async def test_it_is_made_once_and_others_go_on_meanwhile() -> None:
    began, may_end = threading.Event(), threading.Event()
    count = 0

    def make() -> ASGIApp:
        nonlocal count
        count += 1
        began.set()
        assert may_end.wait(20)
        return made

    late = Late(make)
    asking = [asyncio.create_task(ask(late)) for _ in range(3)]
    assert await asyncio.to_thread(began.wait, 20)
    assert not any(task.done() for task in asking)
    may_end.set()
    assert await asyncio.gather(*asking) == [[{"type": "http"}]] * 3
    assert await ask(late) == [{"type": "http"}]
    assert count == 1


async def test_it_is_tried_again_when_it_failed() -> None:
    troubles = [OSError("no memory")]

    def make() -> ASGIApp:
        if troubles:
            raise troubles.pop()
        return made

    late = Late(make)
    with pytest.raises(OSError, match="no memory"):
        await ask(late)
    assert await ask(late) == [{"type": "http"}]


def test_a_gateway_starts_without_what_few_requests_need() -> None:
    code = "import sys, pentaprism.gateway.serving; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "pentaprism.gateway.composition" in loaded
    assert not loaded & {"fastapi", "alembic", "PIL", "apprise", "jinja2", "numpy", "apscheduler"}
