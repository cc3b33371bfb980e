"""Errors of the sandbox: those it answers as Immich would, and its own."""

from __future__ import annotations

from typing import Any

UUID_PATTERN = (
    "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})$"
)


class SandboxError(Exception):
    """The sandbox cannot start; ``hint`` says what to do."""

    def __init__(self, message: str, *, code: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint


class ApiError(Exception):
    """A reply other than success: ``status`` and Immich's ``message``."""

    def __init__(self, status: int, message: str, errors: list[dict[str, Any]] | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors


def no_access(permission: str) -> ApiError:
    """Return what Immich says of an id that is unknown or not the caller's."""
    return ApiError(400, f"Not found or no {permission} access")


def not_found(message: str = "Not Found") -> ApiError:
    """Return a 404."""
    return ApiError(404, message)


def invalid(*errors: dict[str, Any]) -> ApiError:
    """Return a failed validation in zod's words."""
    return ApiError(400, "Validation failed", list(errors))


def bad_uuid(*path: str | int) -> ApiError:
    """Return what Immich says of a malformed UUID at ``path``."""
    return invalid(
        {
            "origin": "string",
            "code": "invalid_format",
            "format": "uuid",
            "pattern": f"/{UUID_PATTERN}/",
            "path": list(path),
            "message": "Invalid UUID",
        }
    )


def wrong_type(expected: str, value: Any, *path: str | int) -> ApiError:
    """Return what Immich says of a value of another type."""
    names = {str: "string", int: "number", float: "number", bool: "boolean", list: "array"}
    received = names.get(type(value), "object" if value is not None else "undefined")
    return invalid(
        {
            "expected": expected,
            "code": "invalid_type",
            "path": list(path),
            "message": f"Invalid input: expected {expected}, received {received}",
        }
    )
