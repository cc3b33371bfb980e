"""All SQL: what Pentaprism remembers of people, connections, mirrors, items and runs."""

from pentaprism.store.freshness import Remembered
from pentaprism.store.ids import not_found
from pentaprism.store.key_file import generate_key
from pentaprism.store.people_records import ApiToken, Notice, Person, Session, SignInMethod
from pentaprism.store.records import (
    Account,
    AccountState,
    Change,
    Connection,
    Consent,
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
    RunFigures,
    RunStatus,
    Staged,
    StartedBy,
    Twin,
)
from pentaprism.store.rotation import Rotation
from pentaprism.store.secrets import Secrets
from pentaprism.store.store import Store

__all__ = [
    "Account",
    "AccountState",
    "ApiToken",
    "Change",
    "Connection",
    "Consent",
    "Counters",
    "Failed",
    "Forgotten",
    "Item",
    "ItemState",
    "JsonObject",
    "Mirror",
    "Moved",
    "NewItem",
    "Notice",
    "Person",
    "Put",
    "Remembered",
    "Restated",
    "Rotation",
    "Run",
    "RunEvent",
    "RunFigures",
    "RunStatus",
    "Secrets",
    "Session",
    "SignInMethod",
    "Staged",
    "StartedBy",
    "Store",
    "Twin",
    "generate_key",
    "not_found",
]
