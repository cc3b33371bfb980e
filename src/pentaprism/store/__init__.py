"""All SQL: what Pentaprism remembers of connections, mirrors, items and runs."""

from pentaprism.store.records import (
    Change,
    Connection,
    Counters,
    Failed,
    Forgotten,
    Item,
    ItemState,
    JsonObject,
    Mirror,
    Moved,
    NewItem,
    Put,
    Restated,
    Run,
    RunEvent,
    RunStatus,
    StagedToken,
    Twin,
)
from pentaprism.store.secrets import Secrets, generate_key
from pentaprism.store.store import Store

__all__ = [
    "Change",
    "Connection",
    "Counters",
    "Failed",
    "Forgotten",
    "Item",
    "ItemState",
    "JsonObject",
    "Mirror",
    "Moved",
    "NewItem",
    "Put",
    "Restated",
    "Run",
    "RunEvent",
    "RunStatus",
    "Secrets",
    "StagedToken",
    "Store",
    "Twin",
    "generate_key",
]
