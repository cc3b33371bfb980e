"""What Google's refusals mean: each answer that is no success, as one of our errors.

Pure. Google tells most things by a sentence alone, so sentences are looked at, in lower case and in
part. Source: https://developers.google.com/photos/library/guides/api-limits-quotas, and the
answers of the API itself as others have reported them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from pentaprism.destinations.base import AlbumGoneError
from pentaprism.destinations.google_photos.scopes import MEANINGS
from pentaprism.errors import (
    ActionRequiredError,
    PentaprismError,
    PermanentError,
    RetryableError,
)

_QUOTED = 200
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT})
_PASSING_CODES = frozenset({8, 10, 13, 14})
"""google.rpc.Code of RESOURCE_EXHAUSTED, ABORTED, INTERNAL and UNAVAILABLE."""

_TOKEN = re.compile(r"[A-Za-z0-9_./+=-]{60,}")
_URL = re.compile(r"https://console\.(?:developers|cloud)\.google\.com/\S+?(?=[\s,]|\.\s|\.?$)")


class BurstLimitError(RetryableError):
    """Too many requests within a short time."""


class ConcurrentWriteError(RetryableError):
    """Somebody else writes to the account at the same time."""


class ReplyLostError(RetryableError):
    """The connection broke after the request was sent: it may have been carried out."""


class UnauthenticatedError(RetryableError):
    """The access token is not taken, or no longer."""


class DayOverError(PentaprismError):
    """Google says that the day's requests are used up."""


class TokenRefusedError(PermanentError):
    """An upload token among those sent is not taken; nothing was created."""


class PositionRefusedError(PermanentError):
    """The item behind which others should go is not in the album; nothing was created."""


class ItemsRefusedError(PermanentError):
    """One of the media items cannot be added or removed; nothing was done."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success: its HTTP status, Google's word for it, and its sentence.

    ``after`` is Retry-After in seconds.
    """

    status: int
    word: str
    message: str
    after: float | None = None


class _Error(msgspec.Struct, frozen=True):
    message: str = ""
    status: str = ""


class _Envelope(msgspec.Struct, frozen=True):
    error: _Error = _Error()


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """Return what can be read from an answer; a body that is not Google's JSON has no message."""
    try:
        error = msgspec.json.decode(body, type=_Envelope).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = _Error()
    after = headers.get("Retry-After", "")
    seconds = float(after) if after.isascii() and after.isdigit() else None
    return Refusal(status, error.status, error.message, seconds)


def explain(refusal: Refusal, *, album: str | None = None) -> PentaprismError:
    """Return our error for ``refusal`` of a call about the album titled ``album``, if about one."""
    text = refusal.message.lower()
    match refusal.status:
        case HTTPStatus.BAD_REQUEST:
            error = _bad_request(refusal, text, album)
        case HTTPStatus.UNAUTHORIZED:
            error = UnauthenticatedError(
                "Google does not take the access token.", code="unauthenticated"
            )
        case HTTPStatus.FORBIDDEN:
            error = _forbidden(refusal, text)
        case HTTPStatus.NOT_FOUND if album is not None:
            error = AlbumGoneError(album)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            error = PermanentError(
                "Google says that the file is too large.",
                code="too_large",
                hint="It stays out of the album at Google; a smaller version would be taken.",
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            error = _too_many(refusal, text)
        case status if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            error = RetryableError(
                f"Google Photos answers {status}{_quoted(refusal)}.",
                code="google_unavailable",
                hint="This passes by itself, as a rule; the next run goes on from here.",
                after=refusal.after,
            )
        case _:
            error = _unexpected(refusal)
    return error


def _bad_request(refusal: Refusal, text: str, album: str | None) -> PentaprismError:
    if "upload token" in text:
        return TokenRefusedError("Google no longer takes an upload token.", code="upload_token")
    if "storage" in text and "enough" in text:
        return storage_full()
    if album is not None and ("invalid album id" in text or "this album" in text):
        return AlbumGoneError(album)
    if "position" in text or "relative" in text:
        return PositionRefusedError(
            "The photo that others belong behind is not in the album.", code="position"
        )
    if "media item id" in text:
        return ItemsRefusedError("Google refuses a media item.", code="media_item")
    return _unexpected(refusal)


def _forbidden(refusal: Refusal, text: str) -> PentaprismError:
    if "scope" in text:
        return missing_scope(None)
    if "has not been used" in text or "is disabled" in text:
        where = _URL.search(refusal.message)
        at = where[0] if where else "https://console.cloud.google.com/apis/library"
        return ActionRequiredError(
            "The Photos Library API is not enabled in the Google project of this client id.",
            code="api_disabled",
            hint=f"Enable it at {at}, wait a few minutes, and run again.",
        )
    return ActionRequiredError(
        f"Google does not allow this{_quoted(refusal)}.",
        code="google_forbidden",
        hint="Connect the account again with `pentaprism account connect`; if that does not help, "
        "look at the project in Google's console.",
    )


def _too_many(refusal: Refusal, text: str) -> PentaprismError:
    if "per day" in text:
        return DayOverError("The day's requests are used up.", code="quota")
    if "concurrent write" in text:
        return ConcurrentWriteError(
            "Google is still busy with another change to this account.",
            code="concurrent_write",
            hint="Another program may be writing to it; this passes within an hour at most.",
            after=refusal.after,
        )
    return BurstLimitError(
        "Google asks for a pause: too many requests within a minute.",
        code="rate_limit",
        hint="This passes by itself; the next run goes on from here.",
        after=refusal.after,
    )


def missing_scope(scope: str | None) -> ActionRequiredError:
    """Return the error for a permission that the account has not granted."""
    what = MEANINGS.get(scope or "", "do this")
    option = "" if scope == "appendonly" else " --removals"
    return ActionRequiredError(
        f"The account has not granted the permission to {what}.",
        code="scope",
        hint=f"Connect it again with `pentaprism account connect{option}`, and leave all boxes on "
        "Google's page ticked.",
    )


def storage_full() -> ActionRequiredError:
    """Return the error of an account that has no room left."""
    return ActionRequiredError(
        "The Google account has no storage left, so nothing more can be added.",
        code="storage_full",
        hint="Make room there or get more at https://one.google.com/storage, then run again: it "
        "goes on from here.",
    )


def reply_lost(error: BaseException) -> ReplyLostError:
    """Return the error of a request whose answer never came."""
    return ReplyLostError(
        f"The connection to Google broke before its answer came ({type(error).__name__}).",
        code="reply_lost",
        hint="The next run goes on from here.",
    )


def unreachable(error: BaseException) -> RetryableError:
    """Return the error of a request that never left."""
    return RetryableError(
        f"Google cannot be reached ({type(error).__name__}).",
        code="unreachable",
        hint="Look at this machine's connection to the internet; the next run goes on from here.",
    )


def unreadable(what: str) -> RetryableError:
    """Return the error of a success whose body is not what Google's documentation promises."""
    return RetryableError(
        f"Google's answer to {what} cannot be read.",
        code="google_unavailable",
        hint="Something between here and Google may answer in its place (a proxy, a sign-in page).",
    )


def refuse_item(filename: str, code: int, message: str) -> PentaprismError:
    """Return the error of one item that was not created; ``code`` is a google.rpc.Code."""
    text = message.lower()
    if "storage" in text and ("enough" in text or "quota" in text):
        return storage_full()
    said = _short(message)
    if code in _PASSING_CODES:
        return RetryableError(
            f"Google could not make a photo of {filename!r} ({said}).",
            code="google_unavailable",
            hint="The next run tries it again.",
        )
    return PermanentError(
        f"Google does not take {filename!r} ({said or f'code {code}'}).",
        code="google_refused",
        hint="The file may be damaged, or of a kind that its name hides; look at it in Immich.",
    )


def _unexpected(refusal: Refusal) -> PermanentError:
    return PermanentError(
        f"Google refuses the request with {refusal.status}{_quoted(refusal)}.",
        code="google_refused",
        hint="If this comes back, please report it with these words.",
    )


def _quoted(refusal: Refusal) -> str:
    said = _short(refusal.message) or refusal.word
    return f" ({said})" if said else ""


def _short(message: str) -> str:
    """Return Google's sentence in one line, shortened, without anything like a token."""
    text = " ".join(_TOKEN.sub("…", message).split()).rstrip(".")
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"
