"""Errors that the sandbox answers as Immich would."""

from __future__ import annotations

from typing import Any

UUID_PATTERN = (
    "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})$"
)

EMAIL_PATTERN = (
    "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+"
    "@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    "(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)

_TIME_PATTERN = (
    r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29"
    r"|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|(?:02)-(?:0[1-9]|1\d|2[0-8])))"
    r"T(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))$"
)


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


def bad_email(name: str) -> ApiError:
    """Return what Immich says of a string that is no e-mail address."""
    return invalid(
        {
            "origin": "string",
            "code": "invalid_format",
            "format": "email",
            "pattern": f"/{EMAIL_PATTERN}/",
            "path": [name],
            "message": "Invalid input: expected email, received string",
        }
    )


def bad_time(name: str) -> ApiError:
    """Return what Immich says of a date that it cannot read."""
    return invalid(
        {
            "origin": "string",
            "code": "invalid_format",
            "format": "datetime",
            "pattern": f"/{_TIME_PATTERN}/",
            "path": [name],
            "message": "Invalid input: expected ISO 8601 datetime string, received string",
        }
    )


def wrong_type(expected: str, value: Any, *path: str | int) -> ApiError:
    """Return what Immich says of a value of another type, or missing (``...``)."""
    error = {"expected": expected, "code": "invalid_type", "path": list(path)}
    if expected == "int":
        error["format"] = "safeint"
    if expected == "email":
        error["expected"] = "string"
    said = f"Invalid input: expected {expected}, received {_type_name(value)}"
    return invalid(error | {"message": said})


def _type_name(value: Any) -> str:
    names: dict[type, str] = {
        type(...): "undefined",
        type(None): "null",
        str: "string",
        int: "number",
        float: "number",
        bool: "boolean",
        list: "array",
    }
    return names.get(type(value), "object")


def bad_option(options: tuple[str, ...], name: str, *, expected: str | None = None) -> ApiError:
    """Return what Immich says of a value that is not one of ``options``."""
    listed = "|".join(f'"{option}"' for option in options)
    error: dict[str, Any] = {"code": "invalid_value"}
    if expected:
        error["expected"] = expected
    said = f"Invalid option: expected one of {listed}"
    return invalid(error | {"values": list(options), "path": [name], "message": said})


def out_of_range(word: str, bound: int, name: str, *, origin: str = "number") -> ApiError:
    """Return what Immich says of a number, or a list, that is too ``small`` or too ``big``."""
    sign, bound_name = (">=", "minimum") if word == "small" else ("<=", "maximum")
    verb, unit = ("be ", "") if origin == "number" else ("have ", " items")
    return invalid(
        {
            "origin": origin,
            "code": f"too_{word}",
            bound_name: bound,
            "inclusive": True,
            "path": [name],
            "message": f"Too {word}: expected {origin} to {verb}{sign}{bound}{unit}",
        }
    )
