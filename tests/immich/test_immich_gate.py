"""The gate, from threads and the event loop at once, and with waiters that leave."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pentaprism.immich.gate import Gate


async def test_a_waiter_that_leaves_takes_no_place() -> None:
    gate = Gate(1)
    async with gate.task():
        waiting = [asyncio.create_task(_pass(gate)) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.wait([waiting[0]])
    await waiting[1]
    await _pass(gate)


async def test_a_place_given_to_one_who_leaves_is_passed_on() -> None:
    gate = Gate(1)
    async with gate.task():
        waiting = asyncio.create_task(_pass(gate))
        await asyncio.sleep(0)
    waiting.cancel()  # the place is its already, it just has not run
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await _pass(gate)


async def test_no_more_than_the_size_are_in() -> None:
    gate, inside, most = Gate(3), 0, 0
    lock = threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)

    def leave() -> None:
        nonlocal inside
        with lock:
            inside -= 1

    def in_thread() -> None:
        with gate.thread():
            enter()
            leave()

    async def in_task() -> None:
        async with gate.task():
            enter()
            await asyncio.sleep(0)
            leave()

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(8) as pool:
        await asyncio.gather(
            *(loop.run_in_executor(pool, in_thread) for _ in range(200)),
            *(in_task() for _ in range(200)),
        )
    assert 1 <= most <= 3
    assert inside == 0


async def _pass(gate: Gate) -> None:
    async with gate.task():
        pass
