"""Errors as Google's servers answer them."""

from __future__ import annotations

_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """A refusal of the Library API."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def body(self) -> dict[str, object]:
        """Return Google's envelope."""
        word = _WORDS.get(self.status, "UNKNOWN")
        return {"error": {"code": self.status, "message": self.message, "status": word}}


class OAuthError(Exception):
    """A refusal of the token server."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description

    def body(self) -> dict[str, str]:
        """Return the error as RFC 6749 has it."""
        return {"error": self.error, "error_description": self.description}


def unauthenticated() -> ApiError:
    """Return the answer to an access token that is unknown, dead or missing."""
    return ApiError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def quota_message(limit: str) -> str:
    """Return Google's sentence for a limit that is reached."""
    return (
        f"Quota exceeded for quota metric '{limit.partition(' per ')[0]}' and limit '{limit}' of "
        "service 'photoslibrary.googleapis.com' for consumer 'project_number:123456789012'."
    )


LIMITS = {
    "burst": quota_message("WritesPerMinutePerUser"),
    "concurrent": "Quota exceeded for quota metric 'concurrent write request' and limit "
    "'concurrent write request' of service 'photoslibrary.googleapis.com'.",
    "daily": quota_message("All requests per day"),
}
"""The sentences of the three limits that answer 429."""
