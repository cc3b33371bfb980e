"""When a mirror runs, as requests and answers tell it."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from pentaprism.api.bodies import Request, example
from pentaprism.jobs.schedule import Schedule, cron, interval
from pentaprism.store import JsonObject

_SECONDS = 60


class ScheduleBody(Request):
    """When a mirror runs by itself: every so many minutes, or by a cron expression."""

    model_config = Request.model_config | example(cron="0 3 * * *", jitter_seconds=300)

    interval_minutes: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Minutes from one run to the next: 5 at least, 366 days at most.",
    )
    cron: str | None = Field(
        None,
        max_length=200,
        description="Minute, hour, day, month and day of the week, as of crontab(5), in the time "
        "zone of the server.",
    )
    jitter_seconds: int = Field(
        0,
        ge=0,
        le=86_400,
        description="Up to so many seconds are added at random, so that many mirrors do not begin "
        "in the same second.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.interval_minutes is None) == (self.cron is None):
            raise ValueError("give either interval_minutes or cron")
        return self

    def schedule(self) -> Schedule:
        """Return the schedule; raises `InvalidError` with code ``schedule``."""
        jitter = timedelta(seconds=self.jitter_seconds)
        if self.cron is not None:
            return cron(self.cron, jitter=jitter)
        return interval(self.interval_minutes or 0, jitter=jitter)


def schedule_body(recorded: JsonObject | None) -> ScheduleBody | None:
    """Return what is recorded of a mirror's schedule, as answers tell it."""
    if recorded is None:
        return None
    every = recorded.get("every")
    return ScheduleBody.model_construct(
        interval_minutes=every / _SECONDS if every is not None else None,
        cron=recorded.get("cron"),
        jitter_seconds=recorded.get("jitter", 0),
    )
