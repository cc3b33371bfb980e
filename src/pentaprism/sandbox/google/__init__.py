"""A local server with Google's sign-in and Photos Library API, and faults on demand."""

from pentaprism.sandbox.google.faults import Fault, Faults
from pentaprism.sandbox.google.server import GoogleSandbox, serve_google
from pentaprism.sandbox.google.settings import GoogleSettings
from pentaprism.sandbox.hosting import SandboxError

__all__ = ["Fault", "Faults", "GoogleSandbox", "GoogleSettings", "SandboxError", "serve_google"]
