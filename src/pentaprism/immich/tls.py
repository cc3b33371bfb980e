"""One TLS context for calls and downloads alike."""

from __future__ import annotations

import ssl
from pathlib import Path

from pentaprism.errors import InvalidError


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those in ``ca_file``.

    Raises `InvalidError` with code ``certificate`` when the file is not one of certificates.
    """
    context = ssl.create_default_context()
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise InvalidError(
            f"The certificate file {ca_file} cannot be used: {error.strerror or error}.",
            code="certificate",
            hint="IMMICH_CA_FILE names a PEM file that starts with -----BEGIN CERTIFICATE-----.",
        ) from error
    # Home-made certificates are what this file is for: a leaf may be the anchor itself, and need
    # not carry all that RFC 5280 asks of one (Python 3.13 checks that by default).
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
