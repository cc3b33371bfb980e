"""What a request is refused with before it reaches anything."""

from __future__ import annotations

from collections.abc import Mapping

from pentaprism.errors import PentaprismError


class RefusedError(PentaprismError):
    """A request that is not let through; ``status`` and ``headers`` are those of the answer.

    One with a ``Location`` leads elsewhere, and its sentence is not shown.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str = "",
        status: int = 403,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.status = status
        self.headers = dict(headers or {})
