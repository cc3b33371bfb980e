"""The port that a server of ours answers at, or why it cannot be had."""

from __future__ import annotations

import socket

from pentaprism.errors import ActionRequiredError, InvalidError

LAST_PORT = 65535
"""The highest number that a port has."""


def listen(
    host: str, port: int, *, hint: str = "Stop what uses it, or choose another one with --port."
) -> socket.socket:
    """Return a socket that has ``port`` at ``host``; any port that is free for 0.

    Raises `InvalidError` with code ``host`` for an address that is none of this machine, and
    `ActionRequiredError` with code ``port`` and ``hint`` where the port cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise InvalidError(
            f"{host} is no address of this machine.", code="host", hint="Give --host 0.0.0.0."
        ) from error
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise ActionRequiredError(
            f"Port {port} at {host} cannot be had: {error.strerror}.", code="port", hint=hint
        ) from error
    return listening
