"""Tells a person, where they like to be told, that a mirror needs them or works again."""

from __future__ import annotations

from pentaprism.notifications.addresses import check_url, describe
from pentaprism.notifications.messages import Facts, Message, compose
from pentaprism.notifications.sending import Failure, send
from pentaprism.notifications.verdict import Ending, Kind, judge, last_ending

__all__ = [
    "Ending",
    "Facts",
    "Failure",
    "Kind",
    "Message",
    "check_url",
    "compose",
    "describe",
    "judge",
    "last_ending",
    "send",
]
