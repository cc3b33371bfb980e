"""Turns whatever goes wrong between us and Immich into errors that say what to do.

Two sources: exceptions of the network (`unreachable`), and answers that are none (`refusal`).
What may pass is a `RetryableError`; who calls decides how long to hope.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Mapping

import msgspec

from pentaprism.errors import (
    ActionRequiredError,
    NotFoundError,
    PentaprismError,
    PermanentError,
    RetryableError,
)
from pentaprism.immich.models import ErrorReply
from pentaprism.immich.options import Address
from pentaprism.immich.pace import retry_after

_PERMISSION = re.compile(r"Missing required permission: ([\w.]+)")
_BUSY = frozenset({408, 425, 429})
_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)
# X509_V_ERR_*, from OpenSSL's x509_vfy.h.
_EXPIRED = frozenset({9, 10})
_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})
_OTHER_HOST = frozenset({62, 64})


def unreachable(error: BaseException, address: Address) -> PentaprismError:
    """Return the error that tells why there was no answer from ``address``."""
    match error:
        case ssl.SSLCertVerificationError():
            return _certificate(error, address)
        case ssl.SSLError() if error.reason in _NOT_TLS:
            return not_http(address)
        case TimeoutError():
            return RetryableError(
                f"{address.origin} does not answer in time.",
                code="immich_unavailable",
                hint="Check that Immich is well; IMMICH_TIMEOUT is the number of seconds to wait.",
            )
        case socket.gaierror():
            what = f"The host {address.host} is not known."
            hint = "Check the spelling of the Immich address and this machine's network."
        case ConnectionRefusedError():
            what = f"Nothing answers at {address.origin}: the connection was refused."
            hint = "Check that Immich is running, and the port (2283 unless it was changed)."
        case OSError() if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            what = f"There is no way to {address.host} from this machine."
            hint = "Check the network, a VPN, a firewall."
        case _:
            return lost(address, str(error) or type(error).__name__)
    return RetryableError(what, code="unreachable", hint=hint)


def silent(address: Address) -> RetryableError:
    """Return the error of a host that does not even refuse a connection."""
    return RetryableError(
        f"Nothing answers at {address.origin}: no connection comes about in time.",
        code="unreachable",
        hint="Check the address and the port, that the machine is on, and the firewalls between.",
    )


def lost(address: Address, why: str) -> RetryableError:
    """Return the error of a connection that broke off, or an answer that came incomplete."""
    return RetryableError(
        f"The connection to {address.origin} broke off: {why}.",
        code="immich_unavailable",
        hint="It is tried again by itself; if it stays so, see Immich's and the proxy's logs.",
    )


def not_http(address: Address) -> ActionRequiredError:
    """Return the error of a server that does not answer in HTTP, such as one that expects TLS."""
    other = "http" if address.secure else "https"
    return ActionRequiredError(
        f"What answers at {address.origin} does not speak {address.scheme}.",
        code="url",
        hint=f"Try the Immich address with {other}://, and check its port.",
    )


def not_immich(address: Address, what: str) -> ActionRequiredError:
    """Return the error of an address where something other than Immich's API answers."""
    return ActionRequiredError(
        f"{address.origin}{address.base} answers, but not as Immich does: {what}.",
        code="not_immich",
        hint="Give the address at which Immich opens in a browser, up to the port; a login page "
        "or a portal in front of it must let /api pass.",
    )


def maintenance(address: Address) -> RetryableError:
    """Return the error of an Immich in maintenance mode, which answers 404 to everything."""
    return RetryableError(
        f"Immich at {address.origin} is in maintenance mode.",
        code="immich_unavailable",
        hint="It goes on when maintenance is over.",
    )


def cancelled() -> RetryableError:
    """Return the error of a call that `ImmichClient.cancel` ended."""
    return RetryableError("The download was cancelled.", code="cancelled")


def absent_album(album_id: str) -> NotFoundError:
    """Return the error of an album that this key cannot see; Immich does not tell why."""
    return NotFoundError(
        f"There is no album {album_id!r}, or it is not shared with this key's user.",
        code="album_not_found",
        hint="It was deleted, is no longer shared, or belongs to somebody else; "
        "`pentaprism albums` lists what there is.",
    )


def absent_asset(asset_id: str) -> NotFoundError:
    """Return the error of an asset that this key cannot see."""
    return NotFoundError(
        f"There is no asset {asset_id!r}, or this key's user may not see it.",
        code="asset_not_found",
        hint="It was deleted, or is no longer shared.",
    )


def absent_stack(stack_id: str) -> NotFoundError:
    """Return the error of a stack that is not there, or is another user's."""
    return NotFoundError(
        f"There is no stack {stack_id!r}, or it is not this key's user's.",
        code="stack_not_found",
        hint="It was taken apart meanwhile; read the library again.",
    )


def absent_tag(tag_id: str) -> NotFoundError:
    """Return the error of a tag that is not there, or is another user's."""
    return NotFoundError(
        f"There is no tag {tag_id!r}, or it is not this key's user's.",
        code="tag_not_found",
        hint="It was deleted in Immich meanwhile.",
    )


def no_trash(address: Address) -> ActionRequiredError:
    """Return the error of a server that would delete what is to be trashed."""
    return ActionRequiredError(
        f"The trash of Immich at {address.origin} is switched off, so nothing is moved there.",
        code="trash_off",
        hint="Switch it on in Immich under Administration > Settings > Trash Settings.",
    )


def gone_asset(asset_id: str, filename: str) -> PermanentError:
    """Return the error of an asset whose file Immich cannot or will not give."""
    return PermanentError(
        f"Immich has no file for {filename!r} (asset {asset_id}).",
        code="asset_gone",
        hint="Look at it in Immich: its file is missing on the server's disk (is it mounted?), "
        "or it was deleted or unshared meanwhile.",
    )


def size_unknown(asset_id: str, filename: str) -> PermanentError:
    """Return the error of a file whose size Immich does not tell before it is read."""
    return PermanentError(
        f"Immich does not tell the size of {filename!r} (asset {asset_id}).",
        code="size_unknown",
        hint="Let Immich read its metadata again, in the asset's menu: Refresh metadata.",
    )


class Refusal:
    """An answer with a status other than 2xx, and what can be read from it."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.message = _message(body)
        self.text = body[:2000].decode("utf-8", "replace")

    @property
    def absent(self) -> bool:
        """Whether Immich itself says that the thing asked for is not there, or not for us.

        Only words that are certainly Immich's count: a proxy's 404 or the 404 of Immich's
        maintenance mode must never be taken for a deleted album.
        """
        if self.message is None:
            return False
        if self.status == 400:  # noqa: PLR2004 - the status is the word for it
            return self.message.startswith("Not found or no ") or "UUID" in self.text.upper()
        return self.status == 404 and not self.routeless  # noqa: PLR2004 - as above

    @property
    def routeless(self) -> bool:
        """Whether Immich says that it has no such route, as it does in maintenance mode."""
        return self.message is not None and self.message.startswith("Cannot ")

    def error(self, address: Address, now: float) -> PentaprismError:
        """Return the error for this refusal; ``now`` is the time since the epoch in seconds."""
        if self.status in _BUSY or self.status >= 500:  # noqa: PLR2004 - server errors
            return RetryableError(
                f"Immich at {address.origin} is not well: it answers {self.status}.",
                code="immich_unavailable",
                hint="It is tried again by itself; if it stays so, see Immich's logs.",
                after=retry_after(_header(self.headers, "retry-after"), now),
            )
        if 300 <= self.status < 400:  # noqa: PLR2004 - redirections
            return self._redirect(address)
        if self.status == 401:  # noqa: PLR2004
            return self._unauthorized(address)
        if self.status == 403:  # noqa: PLR2004
            return self._forbidden(address)
        if "HTTPS port" in self.text:
            return not_http(address)
        said = f" ({self.message})" if self.message else ""
        return not_immich(address, f"status {self.status}{said}")

    def _redirect(self, address: Address) -> PentaprismError:
        target = _header(self.headers, "location") or "another place"
        base, found, _ = target.partition(f"{address.base}/")
        place = base if found else target.split("?")[0]
        hint = f"Use {place} as the Immich address." if "://" in place else ""
        return ActionRequiredError(
            f"{address.origin} sends on to {place}, where no credential is sent along.",
            code="url",
            hint=hint or "Give the address at which Immich opens in a browser.",
        )

    def _unauthorized(self, address: Address) -> PentaprismError:
        if self.message is None:
            return not_immich(address, "it asks for a login (status 401)")
        return ActionRequiredError(
            f"Immich at {address.origin} does not accept the API key ({self.message}).",
            code="bad_key",
            hint="Make a new key in Immich under Account Settings > API Keys, and check that it "
            "is of this server.",
        )

    def _forbidden(self, address: Address) -> PentaprismError:
        named = _PERMISSION.search(self.message or "")
        if named:
            return missing_permissions(frozenset({named[1]}))
        if self.message is None:
            return not_immich(address, "it forbids the call (status 403)")
        return ActionRequiredError(
            f"Immich at {address.origin} forbids this call ({self.message}).",
            code="permissions",
            hint="Check the permissions of the API key in Immich.",
        )


def missing_permissions(names: frozenset[str]) -> ActionRequiredError:
    """Return the error of an API key that lacks the permissions ``names``."""
    listed = ", ".join(sorted(names))
    plural = "s" if len(names) > 1 else ""
    return ActionRequiredError(
        f"The API key lacks the permission{plural} {listed}.",
        code="permissions",
        hint=f"In Immich under Account Settings > API Keys, give the key {listed}.",
    )


def _message(body: bytes) -> str | None:
    try:
        message = msgspec.json.decode(body, type=ErrorReply).message
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return "; ".join(message) if isinstance(message, list) else message


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return headers.get(name) or headers.get(name.title())


def _certificate(error: ssl.SSLCertVerificationError, address: Address) -> ActionRequiredError:
    if error.verify_code in _UNKNOWN_ISSUER:
        what = "is signed by itself or by an authority that this machine does not know"
        hint = (
            "Save the server's certificate, or that of its authority, as a PEM file and name it "
            "in IMMICH_CA_FILE."
        )
    elif error.verify_code in _EXPIRED:
        what = "has expired, or is not valid yet"
        hint = "Renew the certificate, and check the clocks of both machines."
    elif error.verify_code in _OTHER_HOST:
        what = "is for another name"
        hint = "Use the name that stands in the certificate as the Immich address."
    else:
        what = f"is not accepted ({error.verify_message})"
        hint = "Check the certificate of the server or of the proxy in front of it."
    return ActionRequiredError(
        f"The certificate of {address.origin} {what}.", code="certificate", hint=hint
    )
