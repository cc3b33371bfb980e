"""The running server, for the handlers of routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from pentaprism.program import Program


def _running(request: Request) -> Program:
    program: Program = request.app.state.program
    return program


CurrentProgram = Annotated[Program, Depends(_running)]
"""The `Program` that answers."""
