"""The gateway that the server keeps beside the pages, for whoever tells how it does."""

from __future__ import annotations

from typing import Literal, Protocol

type GatewayState = Literal["runs", "starts", "fails"]
"""Whether its process is there, is being started, or died so often that a person should look."""


class KeptGateway(Protocol):
    """A gateway in a process of its own; `pentaprism.gateway_process.GatewayProcess` is one."""

    @property
    def port(self) -> int:
        """Where clients find it."""
        ...

    @property
    def state(self) -> GatewayState:
        """How it does at this moment."""
        ...
