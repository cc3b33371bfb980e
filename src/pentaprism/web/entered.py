"""What a person entered into a form."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from pentaprism.web.page import Page


@dataclass(frozen=True, slots=True)
class Entered:
    """The fields of a form that was sent; files are not among them."""

    fields: FormData

    def text(self, name: str) -> str:
        """Return what is in the field ``name``, trimmed; empty where there is nothing."""
        return self.secret(name).strip()

    def secret(self, name: str) -> str:
        """Return what is in the field ``name`` as it is: a password may begin with a space."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        """Return every value of ``name``: the boxes that are ticked."""
        return [value for value in self.fields.getlist(name) if isinstance(value, str)]

    def ticked(self, name: str) -> bool:
        """Tell whether the box ``name`` is ticked."""
        return name in self.fields


async def entered(page: Page) -> Entered:
    """Return what was entered into the form of this request."""
    return Entered(await page.request.form())
