"""Who may come in: sign-in at Immich, sessions, API tokens, and the code that opens set-up."""

from pentaprism.access.limits import Attempts, TooManyError
from pentaprism.access.servers import Server, home_server, home_servers
from pentaprism.access.sessions import Sessions
from pentaprism.access.set_up import SetUp
from pentaprism.access.sign_in import Door
from pentaprism.access.tokens import Tokens
from pentaprism.access.visitor import STRANGER, Visitor

__all__ = [
    "STRANGER",
    "Attempts",
    "Door",
    "Server",
    "Sessions",
    "SetUp",
    "Tokens",
    "TooManyError",
    "Visitor",
    "home_server",
    "home_servers",
]
