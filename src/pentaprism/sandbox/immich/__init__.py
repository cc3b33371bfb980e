"""A local server with Immich's HTTP API, a library made from a seed, and faults on demand."""

from pentaprism.sandbox.hosting import SandboxError
from pentaprism.sandbox.immich.faults import Fault, Faults
from pentaprism.sandbox.immich.library import READ_ONLY, Library
from pentaprism.sandbox.immich.server import Sandbox, serve

__all__ = ["READ_ONLY", "Fault", "Faults", "Library", "Sandbox", "SandboxError", "serve"]
