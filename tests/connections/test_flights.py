"""Calls that are made once for all who wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from pentaprism.connections.flights import Flights


async def test_one_call_answers_all_and_the_next_one_is_another() -> None:
    calls = 0

    async def call() -> int:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)
        return calls

    flights = Flights[str, int]()
    assert await asyncio.gather(*(flights.join("a", call) for _ in range(20))) == [1] * 20
    assert await flights.join("a", call) == 2
    await asyncio.gather(flights.join("a", call), flights.join("b", call))
    assert calls == 4


async def test_a_call_outlives_who_asked_for_it_first() -> None:
    go = asyncio.Event()

    async def call() -> str:
        await go.wait()
        return "done"

    flights = Flights[str, str]()
    first = asyncio.create_task(flights.join("a", call))
    second = asyncio.create_task(flights.join("a", call))
    await asyncio.sleep(0)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    go.set()
    assert await second == "done"


async def test_a_failure_reaches_all_and_is_not_kept() -> None:
    async def fail() -> str:
        await asyncio.sleep(0)
        raise ValueError("no")

    async def work() -> str:
        return "yes"

    flights = Flights[str, str]()
    found = await asyncio.gather(
        flights.join("a", fail), flights.join("a", fail), return_exceptions=True
    )
    assert [type(one) for one in found] == [ValueError, ValueError]
    assert await flights.join("a", work) == "yes"


async def test_close_ends_what_is_under_way() -> None:
    async def hang() -> str:
        await asyncio.sleep(3600)
        return "never"

    flights = Flights[str, str]()
    waiting = asyncio.create_task(flights.join("a", hang))
    await asyncio.sleep(0)
    await flights.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
