"""The Immich client: the only code that knows Immich's HTTP API (2.x and 3.x)."""

from pentaprism.immich.album_members import AlbumPlace
from pentaprism.immich.asset_states import AssetState, Tag
from pentaprism.immich.client import ImmichClient, Statistics, Thumbnail
from pentaprism.immich.content import AssetContent
from pentaprism.immich.identity import Server, User
from pentaprism.immich.library import LibraryAsset
from pentaprism.immich.listing import Listing, Proof
from pentaprism.immich.options import ImmichOptions
from pentaprism.immich.outcomes import Outcome
from pentaprism.immich.pace import Pace
from pentaprism.immich.permissions import READ_ONLY, RESOLVING, STACKS, Preflight
from pentaprism.immich.sign_in import Method, SignedIn, SignIn
from pentaprism.immich.stacks import Stack
from pentaprism.immich.traffic import Traffic
from pentaprism.immich.trash import TrashTerms

__all__ = [
    "READ_ONLY",
    "RESOLVING",
    "STACKS",
    "AlbumPlace",
    "AssetContent",
    "AssetState",
    "ImmichClient",
    "ImmichOptions",
    "LibraryAsset",
    "Listing",
    "Method",
    "Outcome",
    "Pace",
    "Preflight",
    "Proof",
    "Server",
    "SignIn",
    "SignedIn",
    "Stack",
    "Statistics",
    "Tag",
    "Thumbnail",
    "Traffic",
    "TrashTerms",
    "User",
]
