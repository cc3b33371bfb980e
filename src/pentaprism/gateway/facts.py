"""What is known of an asset, as the JSON object that replies show it in."""

from __future__ import annotations

import orjson

from pentaprism.store.asset_facts_records import AssetFacts, GroupFact


def write_facts(facts: AssetFacts) -> bytes:
    """Return ``facts`` as compact JSON: ``group`` or null, ``duplicates``, and ``mirrors``."""
    return orjson.dumps(
        {
            "group": None if facts.group is None else _group(facts.group),
            "duplicates": [
                {"id": one.id, "label": one.label, "score": one.score} for one in facts.duplicates
            ],
            "mirrors": [{"id": one.id, "status": one.status} for one in facts.mirrors],
        }
    )


def _group(group: GroupFact) -> dict[str, object]:
    return {
        "id": group.id,
        "type": group.type,
        "primary": group.primary,
        "members": group.members,
    }


NOTHING = write_facts(AssetFacts())
"""What is told of an asset of which nothing is known."""
