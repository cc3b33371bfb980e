"""Immich's stacks: assets that are shown as one, the primary in front.

A stack is flat and has two assets or more. Making one absorbs every stack whose primary is among
its assets. Source: Immich's OpenAPI document, and Immich 3.1.0 itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pentaprism.errors import ActionRequiredError, NotFoundError, PentaprismError, PermanentError
from pentaprism.immich.calls import Calls
from pentaprism.immich.ids import check_id
from pentaprism.immich.options import Address
from pentaprism.immich.refusals import Refusal, absent_asset, absent_stack

_REFUSED = 400


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of the key's user.

    ``asset_ids`` begins with the primary; Immich leaves out what is in the trash, hidden or
    locked, so that a stack may show a single asset, or none. ``owner_ids`` are the users whose
    assets they are.
    """

    id: str
    primary_asset_id: str
    asset_ids: tuple[str, ...]
    owner_ids: frozenset[str]


class _Member(msgspec.Struct, rename="camel"):
    id: str
    owner_id: str = ""


class _StackReply(msgspec.Struct, rename="camel"):
    id: str
    primary_asset_id: str
    assets: list[_Member]


class _StackOrder(msgspec.Struct, rename="camel"):
    asset_ids: list[str]


class _PrimaryOrder(msgspec.Struct, rename="camel"):
    primary_asset_id: str


async def ask_stacks(calls: Calls) -> list[Stack]:
    """Return all stacks of the key's user; Immich has no pages here."""
    return [_to_stack(reply) for reply in await calls.get("/stacks", list[_StackReply])]


async def create_stack(calls: Calls, asset_ids: Sequence[str]) -> Stack:
    """Make a stack of ``asset_ids``, the first as its primary.

    It is asked for once: where the answer is lost, the `RetryableError` leaves open whether the
    stack was made, and who calls looks at `ask_stacks` before asking again. Raises `NotFoundError`
    with code ``asset_not_found`` when one of the assets is gone or somebody else's: then nothing
    was made.
    """
    absent = absent_asset(", ".join(asset_ids))
    for asset_id in asset_ids:
        check_id(asset_id, absent_asset(asset_id))
    order = _StackOrder(list(asset_ids))
    reply = await calls.post(
        "/stacks", order, _StackReply, absent=absent, explain=_explain, repeat=False
    )
    return _to_stack(reply)


async def show_first(calls: Calls, stack_id: str, asset_id: str) -> Stack:
    """Make ``asset_id`` the primary of a stack that it is in.

    Raises `NotFoundError` with code ``stack_not_found``, and `PermanentError` with code
    ``stack_refused`` when the asset is not in the stack.
    """
    absent = absent_stack(stack_id)
    check_id(stack_id, absent)
    order = _PrimaryOrder(asset_id)
    path = f"/stacks/{stack_id}"
    try:
        return _to_stack(await calls.put(path, order, _StackReply, absent=absent, explain=_explain))
    except ActionRequiredError as error:
        if error.code != "not_immich":
            raise
    # PUT is on its way out since 3.0, and 2.x knows nothing else.
    return _to_stack(
        await calls.put(path, order, _StackReply, absent=absent, explain=_explain, method="PATCH")
    )


async def delete_stack(calls: Calls, stack_id: str) -> None:
    """End a stack; its assets stay. One that is not there is gone, which is what was wanted."""
    absent = absent_stack(stack_id)
    check_id(stack_id, absent)
    try:
        await calls.delete(f"/stacks/{stack_id}", absent=absent)
    except NotFoundError:
        return


def _to_stack(reply: _StackReply) -> Stack:
    first = reply.primary_asset_id
    ids = [member.id for member in reply.assets]
    ids.sort(key=lambda id_: id_ != first)
    owners = frozenset(member.owner_id for member in reply.assets)
    return Stack(reply.id, first, tuple(ids), owners)


def _explain(refusal: Refusal, address: Address) -> PentaprismError | None:
    if refusal.status != _REFUSED or refusal.message is None:
        return None
    return PermanentError(
        f"Immich at {address.origin} refuses the stack ({refusal.message}).",
        code="stack_refused",
        hint="The assets have changed meanwhile; read the library again.",
    )
