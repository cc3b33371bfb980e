"""/stacks, /tags and /duplicates."""

from __future__ import annotations

from pentaprism.sandbox.immich.body import read_uuid
from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.entities import Asset, Stack, Tag
from pentaprism.sandbox.immich.errors import ApiError, no_access, wrong_type
from pentaprism.sandbox.immich.replies import Json
from pentaprism.sandbox.immich.reply import Reply, json, nothing


def list_stacks(call: Call) -> Reply:
    """Return the caller's stacks."""
    primary = call.query.get("primaryAssetId")
    if primary is not None:
        primary = read_uuid(primary, "primaryAssetId")
    stacks = [
        stack
        for stack in call.library.stacks.values()
        if stack.owner_id == call.user.id and primary in (None, stack.asset_ids[0])
    ]
    return json([call.replies.stack(stack) for stack in stacks])


def create_stack(call: Call) -> Reply:
    """Make a stack of two assets or more."""
    ids = call.body.uuids("assetIds", least=2)
    call.own_assets(ids, "asset.update")
    stack = call.library.add_stack(ids)
    _tell(call)
    return json(call.replies.stack(stack), 201)


def get_stack(call: Call) -> Reply:
    """Return one stack."""
    return json(call.replies.stack(_stack(call, call.id(), "stack.read")))


def update_stack(call: Call) -> Reply:
    """Make another member the primary."""
    stack = _stack(call, call.id(), "stack.update")
    primary = call.body.value("primaryAssetId", "string", stack.asset_ids[0])
    if primary not in stack.asset_ids:
        raise ApiError(400, "Primary asset must be in the stack")
    stack.asset_ids.sort(key=lambda id_: id_ != primary)
    call.library.touch(*stack.asset_ids)
    _tell(call)
    return json(call.replies.stack(stack))


def delete_stack(call: Call) -> Reply:
    """End one stack."""
    call.library.remove_stack(_stack(call, call.id(), "stack.delete").id)
    _tell(call)
    return nothing()


def delete_stacks(call: Call) -> Reply:
    """End several stacks."""
    for stack in [_stack(call, id_, "stack.delete") for id_ in call.body.uuids("ids")]:
        call.library.remove_stack(stack.id)
    _tell(call)
    return nothing()


def remove_from_stack(call: Call) -> Reply:
    """Take one asset out of a stack."""
    stack = _stack(call, call.id(), "stack.update")
    asset_id = call.id("assetId")
    if asset_id not in stack.asset_ids:
        raise ApiError(400, "Asset not in stack")
    if asset_id == stack.asset_ids[0]:
        raise ApiError(400, "Cannot remove stack's primary asset")
    call.library.leave_stack(asset_id)
    _tell(call)
    return nothing()


def _tell(call: Call) -> None:
    """Tell the caller that stacks have changed; Immich does not say which."""
    call.library.tell("on_asset_stack_update", call.user.id)


def _stack(call: Call, stack_id: str, permission: str) -> Stack:
    stack = call.library.stacks.get(stack_id)
    if stack is None or stack.owner_id != call.user.id:
        raise no_access(permission)
    return stack


def list_tags(call: Call) -> Reply:
    """Return the caller's tags."""
    mine = [tag for tag in call.library.tags.values() if tag.owner_id == call.user.id]
    return json([call.replies.tag(tag) for tag in mine])


def upsert_tags(call: Call) -> Reply:
    """Return the tags with these paths, made where they are missing."""
    values = call.body.required("tags", "array")
    for at, value in enumerate(values):
        if not isinstance(value, str):
            raise wrong_type("string", value, "tags", at)
    paths = ["/".join(filter(None, value.split("/"))) for value in dict.fromkeys(values)]
    tags = [call.library.upsert_tag(path, call.user.id) for path in paths if path]
    return json([call.replies.tag(tag) for tag in tags])


def assign_tags(call: Call) -> Reply:
    """Assign every tag to every asset, and count what was new; ids that are not theirs do not."""
    tags = [id_ for id_ in call.body.uuids("tagIds") if _has_tag(call, id_)]
    assets = dict.fromkeys(id_ for id_ in call.body.uuids("assetIds") if call.may_change(id_))
    return json({"count": sum(_tag_asset(call, id_, tags) for id_ in assets)})


def _has_tag(call: Call, tag_id: str) -> bool:
    tag = call.library.tags.get(tag_id)
    return tag is not None and tag.owner_id == call.user.id


def _tag_asset(call: Call, asset_id: str, tag_ids: list[str]) -> int:
    """Give an asset tags, and return how many it had not."""
    asset = call.library.assets[asset_id]
    tagged = tuple(dict.fromkeys((*asset.tag_ids, *tag_ids)))
    fresh = len(tagged) - len(asset.tag_ids)
    if fresh:
        _set_tags(call, asset, tagged)
    return fresh


def _set_tags(call: Call, asset: Asset, tag_ids: tuple[str, ...]) -> None:
    call.sidecars.change(asset, {"tag_ids": tag_ids})
    call.sidecars.write(asset, {"tag_ids": tag_ids})


def tag_assets(call: Call) -> Reply:
    """Assign one tag to assets; each id has its own result."""
    tag = _tag(call, call.id())
    results: list[Json] = []
    for id_ in call.body.uuids("ids"):
        error = None
        if not call.may_change(id_):
            error = "no_permission"
        elif not _tag_asset(call, id_, [tag.id]):
            error = "duplicate"
        results.append(_result(id_, error))
    return json(results)


def untag_assets(call: Call) -> Reply:
    """Take one tag from assets; each id has its own result."""
    tag = _tag(call, call.id())
    results: list[Json] = []
    for id_ in call.body.uuids("ids"):
        asset = call.library.assets.get(id_)
        had = asset is not None and tag.id in asset.tag_ids
        if asset is not None and had:
            _set_tags(call, asset, tuple(other for other in asset.tag_ids if other != tag.id))
        results.append(_result(id_, None if had else "not_found"))
    return json(results)


def _result(id_: str, error: str | None) -> Json:
    return {"id": id_, "success": error is None} | ({"error": error} if error else {})


def _tag(call: Call, tag_id: str) -> Tag:
    tag = call.library.tags.get(tag_id)
    if tag is None or tag.owner_id != call.user.id:
        raise no_access("tag.asset")
    return tag


def list_duplicates(call: Call) -> Reply:
    """Return the caller's assets that share a duplicate id, by group."""
    groups: dict[str, list[Asset]] = {}
    for asset in call.library.assets.values():
        if asset.duplicate_id and asset.owner_id == call.user.id and asset.deleted is None:
            groups.setdefault(asset.duplicate_id, []).append(asset)
    return json([_duplicates(call, id_, group) for id_, group in groups.items()])


def _duplicates(call: Call, id_: str, group: list[Asset]) -> Json:
    assets = [
        call.replies.listed(a, with_exif=True, nested=True)
        | {"tags": [call.replies.tag(call.library.tags[t], nested=True) for t in a.tag_ids]}
        for a in group
    ]
    best = max(group, key=lambda a: a.content.size)
    return {"duplicateId": id_, "assets": assets, "suggestedKeepAssetIds": [best.id]}


def resolve_duplicates(call: Call) -> Reply:
    """Trash the losers of each group and forget the group."""
    results = []
    known = {asset.duplicate_id for asset in call.library.assets.values()}
    for group in call.body.required("groups", "array"):
        if group.get("duplicateId") not in known:
            raise no_access("duplicate.delete")
        call.library.trash(group.get("trashAssetIds", []))
        for asset in call.library.assets.values():
            if asset.duplicate_id == group["duplicateId"]:
                asset.duplicate_id = None
                call.library.touch(asset.id)
        results.append({"id": group["duplicateId"], "success": True})
    return json(results)


ROUTES = (
    Route("GET", "/stacks", "stacks", list_stacks, "stack.read"),
    Route("POST", "/stacks", "create_stack", create_stack, "stack.create"),
    Route("DELETE", "/stacks", "delete_stacks", delete_stacks, "stack.delete"),
    Route("GET", "/stacks/{id}", "stack", get_stack, "stack.read"),
    Route("PUT", "/stacks/{id}", "update_stack", update_stack, "stack.update"),
    Route("PATCH", "/stacks/{id}", "update_stack", update_stack, "stack.update"),
    Route("DELETE", "/stacks/{id}", "delete_stack", delete_stack, "stack.delete"),
    Route("DELETE", "/stacks/{id}/assets/{assetId}", "unstack", remove_from_stack, "stack.update"),
    Route("GET", "/tags", "tags", list_tags, "tag.read"),
    Route("PUT", "/tags", "upsert_tags", upsert_tags, "tag.create"),
    Route("PUT", "/tags/assets", "assign_tags", assign_tags, "tag.asset"),
    Route("PUT", "/tags/{id}/assets", "tag_assets", tag_assets, "tag.asset"),
    Route("DELETE", "/tags/{id}/assets", "untag_assets", untag_assets, "tag.asset"),
    Route("GET", "/duplicates", "duplicates", list_duplicates, "duplicate.read"),
    Route("POST", "/duplicates/resolve", "resolve", resolve_duplicates, "duplicate.delete"),
)
