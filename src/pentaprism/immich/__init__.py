"""The Immich client: the only code that knows Immich's HTTP API (2.x and 3.x)."""

from pentaprism.immich.client import ImmichClient, Statistics, Thumbnail
from pentaprism.immich.content import AssetContent
from pentaprism.immich.identity import Server, User
from pentaprism.immich.library import LibraryAsset
from pentaprism.immich.listing import Listing, Proof
from pentaprism.immich.options import ImmichOptions
from pentaprism.immich.pace import Pace
from pentaprism.immich.permissions import READ_ONLY, STACKS, Preflight
from pentaprism.immich.sign_in import Method, SignedIn, SignIn
from pentaprism.immich.stacks import Stack
from pentaprism.immich.traffic import Traffic

__all__ = [
    "READ_ONLY",
    "STACKS",
    "AssetContent",
    "ImmichClient",
    "ImmichOptions",
    "LibraryAsset",
    "Listing",
    "Method",
    "Pace",
    "Preflight",
    "Proof",
    "Server",
    "SignIn",
    "SignedIn",
    "Stack",
    "Statistics",
    "Thumbnail",
    "Traffic",
    "User",
]
