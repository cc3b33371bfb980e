"""Whatever is grouped how, each asset is shown by exactly one row of the grid."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from library_samples import noon
from told_library import ADA, GatewayLibrary, gateway_library

from pentaprism.store.grid import GridRow, GridWanted

NAMES = [f"{stem}.{end}" for stem in ("A_1", "A_2", "A_3", "B") for end in ("JPG", "CR2", "MOV")]
TIMES = st.sampled_from([None, 0, 300, 600, 90_000])


@settings(max_examples=12, deadline=None)
@given(
    assets=st.dictionaries(st.sampled_from(NAMES), TIMES, max_size=9),
    files=st.sets(st.sampled_from(NAMES), max_size=6),
    twins=st.sets(st.sampled_from(NAMES)),
    gone=st.sets(st.sampled_from(NAMES), max_size=2),
    regrouped=st.booleans(),
    limit=st.integers(1, 5),
)
async def test_each_asset_is_shown_once(
    *,
    assets: dict[str, int | None],
    files: set[str],
    twins: set[str],
    gone: set[str],
    regrouped: bool,
    limit: int,
) -> None:
    with TemporaryDirectory() as folder:
        async with gateway_library(Path(folder)) as world:
            rows = await _fill(world, assets, sorted(files), twins)
            missing = [row for name, row in rows.items() if name in gone]
            await world.store.library_assets.miss(missing, noon().replace(tzinfo=UTC))
            if regrouped:
                await world.library.regroup()
            present = set(rows) - gone
            for bursts in (True, False):
                shown = await _rows(world, GridWanted(bursts=bursts), limit)
                assert _held(shown) == Counter(present)
                grouped = await _rows(world, GridWanted(bursts=bursts, grouped=True), limit)
                assert grouped == [row for row in shown if row.facts.group is not None]
            if regrouped:
                counts = await world.store.asset_counts.of(ADA)
                together = await _rows(world, GridWanted(), limit)
                assert (counts.images + counts.videos, counts.shots) == (
                    len(present), len(together),
                )  # fmt: skip


async def _fill(
    world: GatewayLibrary, assets: dict[str, int | None], files: list[str], twins: set[str]
) -> dict[str, int]:
    """Add assets whose ids are their names; those of ``twins`` are files of a folder too."""
    library = world.library
    connection = await library.connection(ADA)
    root = await library.root(owner_id=ADA)
    places = await library.files(root, files) if files else {}
    rows: dict[str, int] = {}
    for name, time in assets.items():
        taken_at = None if time is None else noon(time)
        rows |= await library.assets(connection.id, {name: name}, taken_at=taken_at)
        if name in twins and name in places:
            await library.change(rows[name], twin_row=places[name])
    await library.regroup()
    return rows


async def _rows(world: GatewayLibrary, wanted: GridWanted, limit: int) -> list[GridRow]:
    found: list[GridRow] = []
    after = None
    while True:
        page = await world.store.grid.page(ADA, wanted, after=after, limit=limit)
        found += page.rows
        after = page.next
        if after is None:
            return found


def _held(rows: list[GridRow]) -> Counter[str]:
    """All assets that rows show, or stand for."""
    held: Counter[str] = Counter()
    for row in rows:
        group = row.facts.group
        held.update([row.asset_id] if group is None else group.members)
        assert group is None or group.members[0] == row.asset_id
    return held
