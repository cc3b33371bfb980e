"""What pages and REST share: who may use a route, refusals, headers, and the base path."""

from pentaprism.edge.fitting import fit
from pentaprism.edge.guard import Allow, CurrentPerson, CurrentVisitor, Entrance
from pentaprism.edge.paths import SESSION_COOKIE, SET_UP_COOKIE, Site, local_path
from pentaprism.edge.problems import Problem, RenderError
from pentaprism.edge.proxies import client_address
from pentaprism.edge.refusals import RefusedError
from pentaprism.edge.routes import Declared, Routes, declared
from pentaprism.edge.sides import Side, is_htmx

__all__ = [
    "SESSION_COOKIE",
    "SET_UP_COOKIE",
    "Allow",
    "CurrentPerson",
    "CurrentVisitor",
    "Declared",
    "Entrance",
    "Problem",
    "RefusedError",
    "RenderError",
    "Routes",
    "Side",
    "Site",
    "client_address",
    "declared",
    "fit",
    "is_htmx",
    "local_path",
]
