"""The contract of a destination: a place that a mirror keeps equal to an album.

Writing has two phases. `Destination.stage` brings the bytes near their place without showing them
(a temporary file, an upload token); `Destination.commit` makes them visible (rename, batchCreate).
Both may be repeated: a crash between a commit and its record does no harm. What a destination
cannot do it says in `Features`, so that the plan knows before anything is moved.

Destinations never see the store: they get their options and answer with values to be recorded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Protocol

from pentaprism.assets import Album, Asset, Received, Role
from pentaprism.destinations.account import AccountAccess
from pentaprism.destinations.choices import MirrorOptions
from pentaprism.errors import PentaprismError


class Removal(StrEnum):
    """What a destination can do when an asset has left the album."""

    NONE = "none"
    FROM_ALBUM = "from_album"


class Presence(StrEnum):
    """What a destination holds for an item that was recorded earlier.

    ``damaged`` is content that nobody chose: empty, truncated, or other bytes under an unchanged
    time. ``edited`` is a person's change, which is theirs to keep.
    """

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Features:
    """What a kind of destination can do.

    ``paths``: items are files with a path that the mirror chooses. ``survey``: `Destination.survey`
    tells cheaply what is there. ``companions``: the video of a live photo is a file of its own.
    ``sidecars``: XMP sidecars can be written. ``commit_batch``: the most shots for one commit.
    ``transfers``: how many shots are staged at once. ``connections``: how many of them read from
    Immich at once, unless the person says otherwise.

    ``ordered``: commits follow the album's order, each at its `Position`. ``one_file``: all parts
    of a shot become one file, which is put whole or not at all. ``metadata``: assets must carry
    their `Exif`. ``commit_seconds``: the longest that a staged shot waits for others, while more
    are on their way. ``removed``: what becomes of something that is taken away, for people.
    """

    removal: Removal
    paths: bool
    survey: bool
    companions: bool
    sidecars: bool
    commit_batch: int
    transfers: int
    removed: str
    ordered: bool = False
    one_file: bool = False
    metadata: bool = False
    commit_seconds: float = 0.2
    connections: int = 8


class Content(Protocol):
    """The bytes of one asset, to be read in whichever way suits the destination.

    Both ways resume dropped connections, and raise `RetryableError` when that did not help,
    `PermanentError` when the bytes cannot be had or are not what Immich's checksum promises.
    """

    received: int
    """How many bytes have come in the present attempt, for those who watch."""

    async def size(self) -> int:
        """Return how many bytes there are, without reading them."""
        ...

    def stream(self, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield the bytes from ``offset`` on the event loop."""
        ...

    def download_to(self, fd: int, allocate: Callable[[int], None]) -> Received:
        """Write all bytes to ``fd`` from position 0, in a worker thread, hashing on the way.

        ``allocate`` is called with the size in bytes before the first byte is written, and may
        raise to refuse it.
        """
        ...


@dataclass(frozen=True, slots=True)
class RemoteItem:
    """What a destination holds for one asset, as recorded after a commit or found by a listing.

    ``id`` is the destination's name for it: a path relative to the mirror's folder in POSIX form,
    or a media item id; empty where the destination holds it and does not tell under which name.
    ``size`` in bytes, ``mtime_ns`` and ``sha1`` where the destination has them; ``verified`` as in
    `Received`. ``url`` is where people can look at it; it is not recorded.
    """

    id: str
    size: int | None = None
    mtime_ns: int | None = None
    sha1: bytes | None = None
    verified: bool = False
    url: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a shot that shall be put at the destination.

    ``path`` is where, for destinations with ``Features.paths``. ``content`` is None for a sidecar,
    whose bytes are in ``data``. ``replaces`` is what we put there earlier, if anything; a file at
    ``path`` that is neither that nor of the same content is not ours and is never overwritten.
    ``twin`` is an absolute path, outside this mirror, of a file that held the same content when it
    was recorded; a destination may hard-link it instead of downloading. ``here`` is another item
    of this mirror with the same content; a destination without paths needs no second one.
    """

    role: Role
    asset: Asset
    path: PurePosixPath | None
    content: Content | None = None
    data: bytes | None = None
    replaces: RemoteItem | None = None
    twin: str | None = None
    here: RemoteItem | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """The files of one asset that are staged, committed and removed together; primary first."""

    parts: tuple[Part, ...]

    @property
    def primary(self) -> Part:
        """The part that is the asset itself."""
        return self.parts[0]


@dataclass(frozen=True, slots=True)
class Staged:
    """A shot whose bytes are at the destination, not yet visible.

    ``downloaded`` counts the bytes that came over the network. ``adopted`` is True when every
    picture of the shot was at its place already, ``linked`` when it became a hard link to its twin.
    ``durable`` tells that what was staged outlives this process, so that after a crash it is
    committed and not brought again. ``notes`` say what a person should know of it. ``state`` is
    the destination's own.
    """

    shot: Shot
    downloaded: int
    adopted: bool = False
    linked: bool = False
    durable: bool = False
    notes: tuple[str, ...] = ()
    state: Any = None


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for one shot: what is there now, a `RemoteItem` for each part, or why not.

    ``known`` is True when the destination had it already and could not be made to show it in the
    album. ``old_stays`` is True when what it replaces could not be taken away. ``notes`` say what a
    person should know.
    """

    items: tuple[RemoteItem, ...] = ()
    error: PentaprismError | None = None
    known: bool = False
    old_stays: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteAlbum:
    """The destination's side of the album: its id there, and the title it was made with."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where shots go in an album with an order.

    Behind the item ``after``, which may be None for the start of the album. With ``end`` nothing
    comes after them, so that they can just be added; ``after`` is then what is known to be last.
    """

    after: str | None = None
    end: bool = False


END = Position(end=True)
"""The end of an album of which nothing is known."""


class AlbumGoneError(PentaprismError):
    """The destination's album was deleted there; a new one has to be made and filled."""

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(
            f"The album “{title}” is no longer at the destination.",
            code="remote_album_gone",
            hint="It is made anew; what the account still holds is put into it again.",
        )


class Destination(Protocol):
    """An opened destination. Every method may raise the errors of `pentaprism.errors`."""

    @property
    def features(self) -> Features:
        """What this destination can do."""
        ...

    def refusal(self, asset: Asset) -> PentaprismError | None:
        """Return why the destination would not take ``asset``, None if it does, for the plan."""
        ...

    async def check(self) -> None:
        """Prove that the destination can be used now, or raise what a person must do.

        Takes the lock, where there is one; it is held until `close`.
        """
        ...

    async def ensure_album(self, known: RemoteAlbum | None, album: Album) -> RemoteAlbum:
        """Return the destination's side of ``album``, made if ``known`` is None.

        A renamed album keeps its place. Raises `AlbumGoneError` where ``known`` is seen to be
        gone.
        """
        ...

    async def survey(
        self, album: RemoteAlbum, items: Sequence[RemoteItem], *, thorough: bool = False
    ) -> Sequence[Presence]:
        """Tell what is there for each of ``items``, in their order.

        Reads no contents but those of a file whose time changed, to tell an edit from a touch.
        With ``thorough`` every file is read and its hash compared, for verification.
        """
        ...

    async def stage(self, album: RemoteAlbum, shot: Shot) -> Staged:
        """Bring all bytes of ``shot`` to the destination, or none.

        Raises `ConflictError` with code ``target_taken`` when something that is not ours is at a
        part's path; a `RetryableError` or `PermanentError` of the download is passed on.
        """
        ...

    async def commit(
        self, album: RemoteAlbum, staged: Sequence[Staged], position: Position = END
    ) -> Sequence[Result]:
        """Make staged shots visible, durably, and answer for each of them in order.

        They come next to each other, in their order, at ``position``, where the destination is
        ``ordered``. Raises `AlbumGoneError` when the album was deleted there, and `WaitingError`
        when none of them can be committed now; what is durable may be committed later.
        """
        ...

    async def discard(self, staged: Staged) -> None:
        """Throw away what `stage` brought, when it will not be committed."""
        ...

    async def remove(
        self, album: RemoteAlbum, shots: Sequence[Sequence[RemoteItem]]
    ) -> Sequence[Result]:
        """Take shots out of the album, reversibly where the destination can; answer in order.

        A file that a person has edited is left where it is and answered with a `ConflictError`
        of code ``edited``. What is already gone counts as removed.
        """
        ...

    def list(self, album: RemoteAlbum) -> AsyncIterator[RemoteItem]:
        """Yield everything in the album with its true content hash; reads all of it."""
        ...

    async def close(self) -> None:
        """Release locks and connections; leave nothing temporary behind. May be repeated."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What a destination is told when it is opened.

    ``mirror_id`` and ``album_id`` mark a folder as this mirror's. ``fresh`` is True when nothing
    has been recorded for this mirror yet, so that an unmarked place may be taken over.
    ``account`` is given to the kinds that need one.
    """

    mirror_id: str
    album_id: str
    fresh: bool
    account: AccountAccess | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a place says of itself: the mirror and the album that it was marked for."""

    mirror_id: str
    album_id: str


def unmarked(options: Any) -> Identity | None:
    """Answer for a kind of destination whose places bear no marks."""
    del options
    return None


@dataclass(frozen=True, slots=True)
class DestinationType:
    """A kind of destination: one line in the registry.

    ``kind`` is stored with a mirror; ``prefix`` starts its form on the command line
    (``folder:PATH``); ``options`` is the model that makes the form, the checks and the docs.
    ``from_spec`` turns what stands behind the prefix into options. ``place`` names the one place
    that a set of options points at, so that a second mirror to it is noticed. ``identify`` reads
    the mark of a place, so that a folder that was moved or whose database was lost is known again.
    ``in_account`` tells that the place is an online account, named by ``options.account``, where
    many mirrors have room, and that the prefix may stand alone.
    """

    kind: str
    prefix: str
    label: str
    options: type[MirrorOptions]
    features: Features
    open: Callable[[Any, Opening], Destination]
    from_spec: Callable[[str], MirrorOptions]
    place: Callable[[Any], str]
    identify: Callable[[Any], Identity | None] = unmarked
    in_account: bool = False
