"""The Immich client: the only code that knows Immich's HTTP API (2.x and 3.x)."""

from pentaprism.immich.client import (
    READ_ONLY,
    ImmichClient,
    Preflight,
    Server,
    Thumbnail,
    User,
)
from pentaprism.immich.content import AssetContent
from pentaprism.immich.listing import Listing, Proof
from pentaprism.immich.options import ImmichOptions
from pentaprism.immich.pace import Pace
from pentaprism.immich.traffic import Traffic

__all__ = [
    "READ_ONLY",
    "AssetContent",
    "ImmichClient",
    "ImmichOptions",
    "Listing",
    "Pace",
    "Preflight",
    "Proof",
    "Server",
    "Thumbnail",
    "Traffic",
    "User",
]
