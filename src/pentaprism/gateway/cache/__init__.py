"""Replies that Immich gave lately, kept each for the credentials that it was given to."""

from __future__ import annotations

from pentaprism.gateway.cache.answering import Cache
from pentaprism.gateway.cache.counts import CacheCounts
from pentaprism.gateway.cache.policy import may_keep
from pentaprism.gateway.cache.shared import Shared

__all__ = ["Cache", "CacheCounts", "Shared", "may_keep"]
