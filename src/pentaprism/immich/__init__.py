"""The Immich client: the only code that knows Immich's HTTP API (2.x and 3.x)."""

from pentaprism.immich.client import (
    READ_ONLY,
    ImmichClient,
    Preflight,
    Statistics,
    Thumbnail,
)
from pentaprism.immich.content import AssetContent
from pentaprism.immich.identity import Server, User
from pentaprism.immich.listing import Listing, Proof
from pentaprism.immich.options import ImmichOptions
from pentaprism.immich.pace import Pace
from pentaprism.immich.sign_in import Method, SignedIn, SignIn
from pentaprism.immich.traffic import Traffic

__all__ = [
    "READ_ONLY",
    "AssetContent",
    "ImmichClient",
    "ImmichOptions",
    "Listing",
    "Method",
    "Pace",
    "Preflight",
    "Proof",
    "Server",
    "SignIn",
    "SignedIn",
    "Statistics",
    "Thumbnail",
    "Traffic",
    "User",
]
