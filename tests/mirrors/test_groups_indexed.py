"""From Immich's assets over the index to the mirror: nothing made by hand in between."""

from __future__ import annotations

from mirror_world import TAKEN, World, tree

from pentaprism.groups.rules import RULES
from pentaprism.library.assets import Catalogue
from pentaprism.library.regrouping import Regrouping

DAY = 86_400_000


async def index(world: World) -> None:
    """Learn what Immich has, and group it."""
    async with world.app() as (app, connection):
        async with app.immich(connection) as client:
            catalogue = Catalogue(app.store, connection, client, RULES, app.clock)
            await catalogue.refresh(whole=True)
        await Regrouping(app.store, RULES, app.clock).regroup()


async def test_groups_of_the_index_decide_what_is_mirrored(world: World) -> None:
    world.add("IMG_1.CR2", taken=TAKEN)
    world.add("IMG_1.JPG", taken=TAKEN + 900)
    world.add("IMG_2.JPG", taken=TAKEN + DAY)
    await index(world)
    await world.run(raw="primary", template="{year}/{month}/{day}/{filename}")
    assert sorted(name.rpartition("/")[2] for name in tree(world.folder)) == [
        "IMG_1.JPG",
        "IMG_2.JPG",
    ]


async def test_an_edit_that_is_indexed_later_lies_beside_its_original(world: World) -> None:
    world.add("IMG_1.JPG", taken=TAKEN)
    world.add("IMG_1.CR2", taken=TAKEN)
    await index(world)
    template = "{year}/{month}/{day}/{filename}"
    await world.run(template=template)
    world.add("IMG_1-edited.JPG", taken=TAKEN + DAY - 60_000)
    await index(world)
    await world.run(template=template)
    folders = {name.rpartition("/")[0] for name in tree(world.folder)}
    assert (len(tree(world.folder)), len(folders)) == (3, 1)
