from collections import Counter

import numpy as np
import shapely
from tile_squares import box_of, fetch, mercator, tiles_over


def moved(shape, at, to):
    return shapely.transform(shape, lambda xy: np.where((xy == at).all(1)[:, None], to, xy))


def corner_to_move(made):
    """A corner shared by two leaves, a place near it, and the leaves before and after.

    No building stands where the border moves.
    """
    leaves = {leaf.code: leaf.shape for leaf in made.leaves}
    owners = Counter(xy for s in leaves.values() for xy in s.exterior.coords[:-1])
    outline = shapely.union_all(list(leaves.values())).boundary
    built = shapely.union_all([building.footprint for building in made.buildings])
    for shape in leaves.values():
        into = shape.representative_point()
        for at in shape.exterior.coords[:-1]:
            if owners[at] != 2 or outline.distance(shapely.Point(at)) < 1e-4:
                continue
            to = (round(at[0] + (into.x - at[0]) / 4, 7), round(at[1] + (into.y - at[1]) / 4, 7))
            before = [s for s in leaves.values() if at in s.exterior.coords]
            after = [moved(shape, at, to) for shape in before]
            swept = [a.symmetric_difference(b) for a, b in zip(before, after, strict=True)]
            if all(shapely.is_valid(after)) and not shapely.intersects(swept, built).any():
                return at, to, before, after
    raise AssertionError("no corner can move")


def test_after_a_publication_only_the_tiles_that_meet_the_change_are_new(
    client, as_role, tiny_template
):
    at, to, before, after = corner_to_move(tiny_template.made)
    changed = shapely.union_all(
        [
            mercator(old.boundary.symmetric_difference(new.boundary))
            for old, new in zip(before, after, strict=True)
        ]
    )
    tiles = [*tiles_over(15), *tiles_over(17)]
    known = {tile: fetch(client, "micro_grid", *tile).headers["ETag"] for tile in tiles}
    planner = as_role("planner")
    plan = client.post("/plans", json={"title": "move"}, headers=planner).json()["plan_id"]
    edit = {"kind": "move_vertex", "at": at, "to": to}
    for step, body in (("edits", edit), ("submit", None), ("approve", None), ("publish", None)):
        answer = client.post(f"/plans/{plan}/{step}", json=body, headers=planner)
        assert answer.is_success, answer.text
    renewed = 0
    for tile in tiles:
        answer = fetch(client, "micro_grid", *tile)
        if answer.headers["ETag"] != known[tile]:
            renewed += 1
            assert box_of(*tile, margin=64 / 4096 + 1e-3).intersects(changed)
        else:
            assert not box_of(*tile).intersects(mercator(shapely.Point(at)))
        pinned = fetch(client, "micro_grid", *tile, at="1")
        assert pinned.headers["ETag"] == known[tile]
    assert 2 <= renewed < len(tiles) / 2
    assert client.get("/tiles/micro_grid.json").json()["map_version"] == 2
