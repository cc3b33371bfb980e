"""The gateway's own routes: what takes a client dozens of requests to Immich, in one."""

from pentaprism.gateway.own.application import OPENAPI, PREFIX, own_routes

__all__ = ["OPENAPI", "PREFIX", "own_routes"]
