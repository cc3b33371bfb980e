"""The name of a camera, from what it says of its maker and model."""

from __future__ import annotations

_LONGEST = 120


def camera_name(make: str | None, model: str | None) -> str | None:
    """Return make and model, the make left out where the model begins with a word of it."""
    makes = text(make).split()
    models = text(model).split()
    if models and models[0].casefold() in {word.casefold() for word in makes}:
        makes = []
    return " ".join(makes + models)[:_LONGEST] or None


def text(value: str | None) -> str:
    """Return ``value`` up to its first NUL, trimmed; what is no text in it is replaced."""
    cut = (value or "").partition("\0")[0].strip()
    return cut.encode("utf-8", "replace").decode("utf-8", "replace")
