"""A redraw as an edit of a plan: borders move, units split, merge, come and go."""

import psycopg
import pytest
import shapely
from shapely.geometry import LineString
from shapely.ops import split

from gridgeo.geometry.union import union_on_lattice
from gridgeo.plans.forms import KINDS
from gridgeo.units import store
from gridgeo.units.model import check_city


@pytest.fixture(autouse=True)
def bare_ground(city_db):
    """No building stands in the way of what is cut here."""
    with psycopg.connect(city_db.owner) as conn:
        conn.execute("DELETE FROM building")


@pytest.fixture
def draft(planner):
    """Open a draft and add an edit to it: draft(edit) gives the answer and the plan's number."""

    def add(**edit):
        plan_id = planner("/plans", json={"title": "redraw"}).json()["plan_id"]
        answer = planner(f"/plans/{plan_id}/edits", json={"kind": "replace", **edit})
        return answer, plan_id

    return add


@pytest.fixture
def published(planner, draft, city_conn):
    """Publish an edit and return the units of the next version, which are checked."""

    def go(**edit):
        answer, plan_id = draft(**edit)
        assert answer.status_code == 201, answer.text
        assert planner(f"/plans/{plan_id}/problems").json()["errors"] == 0
        for step in ("submit", "approve", "publish"):
            answer = planner(f"/plans/{plan_id}/{step}", json={})
            assert answer.status_code == 200, answer.text
        after = store.all_units(city_conn, 2)
        assert check_city(after, store.read_profile(city_conn)) == []
        return after

    return go


def form(unit=None, shape=None, **values):
    code = {} if unit is None else {"code": unit.code}
    shape = unit.shape if shape is None else shape
    return {**code, "geometry": shape.__geo_interface__, **values}


def siblings(units, level="micro_grid"):
    """Two leaves of one parent that share a border, and their parent."""
    leaves = sorted((u for u in units.values() if u.level == level), key=lambda u: u.code)
    for one in leaves:
        for other in leaves:
            if one.code < other.code and one.parent_code == other.parent_code:
                if one.shape.intersection(other.shape).length > 0:
                    return one, other
    raise AssertionError("no siblings")


def halves(shape):
    _, south, _, north = shape.bounds
    middle = shape.representative_point()
    line = LineString([(middle.x - 0.00001, south - 1), (middle.x + 0.00001, north + 1)])
    return sorted(split(shape, line).geoms, key=lambda piece: -piece.area)


def households(units):
    return {c: u.households for c, u in units.items()}


def lineage(planner, version=2):
    return planner(f"/versions/{version}").json()["lineage"]


def test_split_gives_the_new_unit_the_next_code_of_its_parent(published, units, planner):
    one, _ = siblings(units)
    large, small, *rest = halves(one.shape)
    after = published(units=[form(one, large), *(form(shape=s) for s in [small, *rest])])
    [new] = set(after) - set(units)
    last = max(c for c, u in units.items() if u.parent_code == one.parent_code)
    assert int(new) == int(last) + 1
    assert (after[new].level, after[new].parent_code) == (one.level, one.parent_code)
    assert after[new].is_leaf
    assert after[new].households + after[one.code].households == one.households
    assert after[new].households > 0
    rest = {c: n for c, n in households(after).items() if c not in (new, one.code)}
    assert rest == {c: n for c, n in households(units).items() if c != one.code}
    shares = {row["to_code"]: row["area_share"] for row in lineage(planner)
              if row["from_code"] == one.code}  # fmt: skip
    assert shares.keys() >= {new, one.code}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-9)


def test_merge_retires_a_code_that_is_never_given_again(published, units, planner, draft):
    one, other = siblings(units)
    merged = union_on_lattice([one.shape, other.shape])
    after = published(units=[form(one, merged)], retired=[other.code])
    assert set(units) - set(after) == {other.code}
    assert after[one.code].households == one.households + other.households
    [heir] = [row for row in lineage(planner) if row["from_code"] == other.code]
    assert (heir["to_code"], heir["kind"]) == (one.code, "replace")
    assert heir["area_share"] == pytest.approx(1, abs=1e-9)
    large, *small = halves(after[one.code].shape)
    again, _ = draft(units=[form(one, large), *(form(shape=s, code=other.code) for s in small)])
    assert (again.status_code, again.json()["problems"][0]["kind"]) == (422, "code_taken")


def test_border_moves_between_units_of_different_parents(published, units, planner):
    leaves = [u for u in units.values() if u.is_leaf]
    one, other = next(
        (a, b) for a in leaves for b in leaves
        if a.parent_code != b.parent_code and a.shape.intersection(b.shape).length > 0
        and not a.shape.difference(b.shape.buffer(0.0003)).is_empty
    )  # fmt: skip
    strip = one.shape.intersection(other.shape.buffer(0.00005))
    taken = shapely.get_parts(one.shape.difference(other.shape.buffer(0.00005)))
    if len(taken) > 1:
        pytest.fail("the strip cuts the unit")
    assert strip.area > 0
    wider = shapely.union_all([other.shape, one.shape.difference(taken[0])])
    after = published(units=[form(one, taken[0]), form(other, wider)])
    assert set(after) == set(units)
    assert households(after) == households(units)
    for unit in (one, other):
        assert after[unit.parent_code].shape.area != units[unit.parent_code].shape.area
    kinds = {row["kind"] for row in lineage(planner)}
    assert "reshape" in kinds


def test_leaf_may_be_cut_into_units_of_the_level_below(published, units):
    rural = next(u for u in units.values() if u.is_leaf and u.level == "grid")
    pieces = halves(rural.shape)
    after = published(units=[form(shape=s, level="micro_grid") for s in pieces])
    assert not after[rural.code].is_leaf
    new = sorted(set(after) - set(units))
    assert new == [f"{rural.code}{n:03d}" for n in range(1, len(pieces) + 1)]
    assert {after[code].parent_code for code in new} == {rural.code}
    assert sum(after[code].households for code in new) == rural.households
    assert after[rural.code].households == rural.households


def test_parent_whose_leaves_all_go_goes_too(published, units):
    one, _ = siblings(units)
    grids = {u.parent_code for u in units.values() if u.level == "micro_grid"}
    parent = units[one.parent_code]
    neighbour = next(
        u for u in units.values()
        if u.code in grids and u.code != parent.code and u.parent_code == parent.parent_code
        and u.shape.intersection(parent.shape).length > 0
    )  # fmt: skip
    host = next(
        u for u in units.values()
        if u.parent_code == neighbour.code and u.shape.intersection(parent.shape).length > 0
    )  # fmt: skip
    leaves = [u.code for u in units.values() if u.parent_code == parent.code]
    merged = union_on_lattice([host.shape, parent.shape])
    after = published(units=[form(host, merged)], retired=leaves)
    assert set(units) - set(after) == {parent.code, *leaves}
    total = parent.households + neighbour.households
    assert after[neighbour.code].households == total


def test_names_and_numbers_of_a_redraw_count(published, units):
    one, _ = siblings(units)
    after = published(units=[form(one, name="河畔", households=one.households + 7)])
    assert (after[one.code].name, after[one.code].households) == ("河畔", one.households + 7)
    chain, code = [], one.parent_code
    while code is not None:
        chain.append(after[code].households - units[code].households)
        code = units[code].parent_code
    assert set(chain) == {7}


def test_unit_without_a_shape_may_get_another_name_and_another_parent(published, units):
    one, _ = siblings(units)
    parent = units[one.parent_code]
    other = next(u for u in units.values() if u.level == parent.level and not u.is_leaf
                 and u.parent_code == parent.parent_code and u.code != parent.code
                 and u.shape.touches(parent.shape))  # fmt: skip
    after = published(units=[{"code": one.code, "name": "新", "parent_code": other.code}])
    moved = after[one.code]
    assert (moved.name, moved.parent_code, moved.shape) == ("新", other.code, one.shape)
    assert after[parent.code].households == parent.households - one.households
    assert after[other.code].households == other.households + one.households
    assert after[other.code].shape.equals(other.shape.union(one.shape))
    assert after[parent.parent_code] == units[parent.parent_code]


def test_new_unit_of_a_level_above_takes_others_under_it(published, units):
    one, other = siblings(units)
    parent = units[one.parent_code]
    code = f"{parent.parent_code}900"
    after = published(units=[
        {"code": code, "parent_code": parent.parent_code},
        {"code": one.code, "parent_code": code}, {"code": other.code, "parent_code": code},
    ])  # fmt: skip
    made = after[code]
    assert (made.level, made.name, made.is_leaf) == (parent.level, code, False)
    assert made.households == one.households + other.households
    assert made.shape.equals(one.shape.union(other.shape))


def test_new_unit_is_found_as_soon_as_it_is_published(published, units, client, located):
    one, _ = siblings(units)
    large, small, *rest = halves(one.shape)
    after = published(units=[form(one, large), *(form(shape=s) for s in [small, *rest])])
    new = min(set(after) - set(units))
    at = after[new].shape.representative_point()
    assert located(2, lon=at.x, lat=at.y)["placement"]["unit"]["code"] == new
    then = client.get("/locate", params={"lon": at.x, "lat": at.y, "at": "1"}).json()["placement"]
    assert then["unit"]["code"] == one.code


def test_new_border_may_end_on_the_edge_of_the_city(published, units, planner):
    """The city's outline gets a vertex there, which moves it by less than a centimetre."""
    [root] = [unit for unit in units.values() if unit.parent_code is None]
    border = root.shape.boundary
    edge = next(
        u for u in units.values() if u.is_leaf and u.shape.intersection(border).length > 0.001
    )
    line = edge.shape.intersection(root.shape.boundary)
    end = shapely.get_parts(line)[0].interpolate(0.371, normalized=True)
    inner = edge.shape.representative_point()
    way = [inner.x - end.x, inner.y - end.y]
    cut = LineString([(end.x - way[0], end.y - way[1]), (end.x + 9 * way[0], end.y + 9 * way[1])])
    large, *small = sorted(split(edge.shape, cut).geoms, key=lambda piece: -piece.area)
    after = published(units=[form(edge, large), *(form(shape=s) for s in small)])
    assert after[root.code].shape != root.shape
    assert after[root.code].shape.symmetric_difference(root.shape).area < 1e-9
    kinds = {row["from_code"]: row["kind"] for row in lineage(planner)}
    assert kinds.pop(edge.code) == "reshape"
    assert set(kinds.values()) <= {"noding"}


def test_second_edit_of_a_plan_builds_on_the_first(planner, draft, units):
    one, _ = siblings(units)
    large, small, *_ = halves(one.shape)
    answer, plan_id = draft(units=[form(one, large), form(shape=small)])
    assert answer.status_code == 201, answer.text
    diff = {u["code"]: u for u in planner(f"/plans/{plan_id}/diff").json()["units"]}
    [new] = set(diff) - set(units)
    back = {"kind": "replace", "units": [form(one)], "retired": [new]}
    assert planner(f"/plans/{plan_id}/edits", json=back).status_code == 201
    changed = {u["code"] for u in planner(f"/plans/{plan_id}/diff").json()["units"]}
    assert new not in changed
    assert planner(f"/plans/{plan_id}/problems").json()["problems"] == []


# --- refusals: each with its kind, its place and its codes; the draft stays as it was ----------


def wider(one, other):
    return one.shape.union(other.shape.intersection(one.shape.buffer(0.00005)))


REFUSALS = {
    "gap": lambda one, other, up: {"units": [form(one, shapely.buffer(one.shape, -0.0001))]},
    "overlap": lambda one, other, up: {"units": [form(one, wider(one, other))]},
    "invalid": lambda one, other, up: {
        "units": [form(one, shapely.Polygon([*one.shape.exterior.coords[:3],
                                             shapely.Point(up.shape.bounds[:2]),
                                             one.shape.exterior.coords[1],
                                             one.shape.exterior.coords[3]]))]
    },
    "outside_parent": lambda one, other, up: {
        "units": [form(one, shapely.transform(one.shape, lambda xy: xy + 1.0))]
    },
    "duplicate_code": lambda one, other, up: {"units": [form(one), form(one)]},
    "nothing_there": lambda one, other, up: {"units": [form(shape=shapely.box(1, 1, 2, 2))]},
    "level_changes": lambda one, other, up: {"units": [form(one, level="community")]},
    "no_level": lambda one, other, up: {"units": [{"code": "x", "name": "x"}]},
    "no_parent": lambda one, other, up: {
        "units": [form(one, parent_code="419901001001999")]
    },
    "not_above": lambda one, other, up: {"units": [form(one, parent_code=other.code)]},
    "not_a_leaf": lambda one, other, up: {"units": [form(up)]},
    "not_there": lambda one, other, up: {"units": [form(one)], "retired": ["999"]},
    "has_children": lambda one, other, up: {"units": [form(one)], "retired": [up.code]},
    "no_shape": lambda one, other, up: {
        "units": [{"code": up.code + "900", "parent_code": up.code}]
    },
    "no_code": lambda one, other, up: {
        "units": [form(one), {"level": "micro_grid", "parent_code": up.parent_code,
                              "geometry": other.shape.__geo_interface__}],
        "retired": [other.code],
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSALS)
def test_edit_that_cannot_be_done_is_refused_with_its_kind(planner, draft, units, kind):
    one, other = siblings(units)
    answer, plan_id = draft(**REFUSALS[kind](one, other, units[one.parent_code]))
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "edit_refused"), body
    assert body["problems"][0]["kind"] == kind, body
    assert planner(f"/plans/{plan_id}").json()["edits"] == []


def test_city_itself_cannot_go(draft, units):
    [root] = [unit for unit in units.values() if unit.parent_code is None]
    one, _ = siblings(units)
    answer, _ = draft(units=[form(one)], retired=[root.code])
    assert answer.json()["problems"][0]["kind"] == "is_the_city"


@pytest.mark.parametrize(
    ("edit", "key"),
    [
        ({"units": []}, "replace.units"),
        ({"units": [{"code": "x", "geometry": {"type": "Point", "coordinates": [1, 2]}}]},
         "replace.units.0.geometry"),
        ({"units": [{"code": "x", "colour": "red"}]}, "replace.units.0.colour"),
        ({"units": [{"households": -1}]}, "replace.units.0.households"),
        ({"units": [{"geometry": {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2]]]}}]},
         "replace.units.0.geometry.Polygon.coordinates.0"),
    ],
)  # fmt: skip
def test_edit_of_a_wrong_form_names_the_key(draft, edit, key):
    answer, _ = draft(**edit)
    assert (answer.status_code, answer.json()["key"]) == (400, key)


def test_ring_that_does_not_close_is_no_shape(draft):
    ring = [[113.6, 34.7], [113.61, 34.7], [113.61, 34.71], [113.6, 34.71]]
    answer, _ = draft(units=[{"geometry": {"type": "Polygon", "coordinates": [ring]}}])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_shape")


def test_unknown_kind_names_the_kinds_there_are(planner):
    plan_id = planner("/plans", json={"title": "t"}).json()["plan_id"]
    answer = planner(f"/plans/{plan_id}/edits", json={"kind": "explode"})
    assert answer.status_code == 400
    assert "'move_vertex', 'split'" in answer.json()["detail"]


def test_api_description_tells_the_kinds_apart(client):
    document = client.get("/openapi.json").json()
    body = document["paths"]["/plans/{plan_id}/edits"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema["discriminator"]["propertyName"] == "kind"
    assert set(schema["discriminator"]["mapping"]) == set(KINDS)
