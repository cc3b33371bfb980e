"""How long a mirror to Google Photos will take, as far as the day's requests allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pentaprism.cli.output import say

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.store.records import Mirror


async def say_forecast(app: App, target: Mirror, left: int) -> None:
    """Say how long ``left`` photos take, where the destination's requests are counted."""
    forecast = await app.forecast(target, left)
    if forecast:
        say(forecast, indent=2)
