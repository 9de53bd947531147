import math

import pytest

from gridgeo.geometry.crs import Planar

CAMERA = {"code": "cam 1", "kind": "camera_fixed", "family": "video", "lon": 113.605, "lat": 34.705}


@pytest.fixture
def post(client, as_role):
    return lambda role="operator", **changes: client.post(
        "/devices", json={**CAMERA, **changes}, headers=as_role(role) if role else {}
    )


def test_a_device_stands_in_the_leaf_that_locate_names(client, post):
    made = post()
    home = client.get("/locate", params={"lon": 113.605, "lat": 34.705}).json()["placement"]
    assert made.status_code == 201
    assert made.json() == {
        **CAMERA, "unit_code": home["unit"]["code"], "map_version": 1, "synthetic": False,
    }  # fmt: skip
    outside = post(code="far", lon=113.5, lat=34.5)
    assert (outside.status_code, outside.json()["unit_code"]) == (201, None)


def test_a_code_belongs_to_one_device(post):
    assert post().status_code == 201
    again = post(lon=113.606)
    assert (again.status_code, again.json()["code"], again.json()["key"]) == (
        409,
        "conflict",
        "code",
    )


def test_the_list_is_by_unit_in_code_order_page_by_page(client, as_role, tiny_template):
    def listed(**query):
        answer = client.get("/devices", params=query, headers=as_role("dispatcher"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    devices = tiny_template.made.devices
    whole = listed(limit=1000)
    assert [row["code"] for row in whole["devices"]] == sorted(d.code for d in devices)
    paged, after = [], None
    while True:
        page = listed(limit=100) if after is None else listed(limit=100, after=after)
        paged += page["devices"]
        after = page["next"]
        if after is None:
            break
    assert paged == whole["devices"]
    for code in ("419901001", devices[0].leaf_code):
        inside = {d.code for d in devices if d.leaf_code.startswith(code)}
        assert {row["code"] for row in listed(unit=code, limit=1000)["devices"]} == inside


def test_positions_of_devices_are_for_those_who_need_them(client, as_role, post):
    for role, status in ((None, 401), ("viewer", 403), ("analyst", 403), ("planner", 200)):
        headers = as_role(role) if role else {}
        assert client.get("/devices", headers=headers).status_code == status
    for role, status in ((None, 401), ("viewer", 403), ("planner", 403), ("dispatcher", 201)):
        assert post(role).status_code == status


def test_what_is_no_device_is_refused_by_its_key(client, as_role, post):
    for changes, key in (
        ({"family": "toy"}, "family"), ({"lon": 181}, "lon"), ({"lat": -91}, "lat"),
        ({"code": ""}, "code"), ({"lon": 34.705, "lat": 85}, None),
        ({"lon": 34.705, "lat": 113.605}, "lat"),
    ):  # fmt: skip
        answer = post(**changes)
        if key is None:
            assert answer.json()["unit_code"] is None
        else:
            assert (answer.status_code, answer.json()["key"]) == (400, key)
    unknown = client.get("/devices?unit=nowhere", headers=as_role("operator"))
    assert (unknown.status_code, unknown.json()["key"]) == (404, "code")


def nearest_by_hand(devices, planar, lon, lat, k, within_m, kind):
    at = planar.point(lon, lat)
    rows = []
    for device in devices:
        metres = round(math.dist(at, planar.point(device.point.x, device.point.y)), 3)
        if metres <= within_m and kind in (None, device.kind):
            rows.append((metres, device.code.encode(), device.code))
    return [(code, metres) for metres, _, code in sorted(rows)[:k]]


def test_the_nearest_devices_are_those_measured_one_by_one(client, as_role, tiny_template, inputs):
    planar = Planar(inputs.profile.planar_srid)
    devices = tiny_template.made.devices
    kinds = [None, sorted({device.kind for device in devices})[0], "no such kind"]
    for lon, lat in ((113.605, 34.705), (113.6101, 34.7083), (113.5951, 34.699)):
        for k, within_m in ((1, 5000), (10, 300), (100, 10_000), (5, 0.5)):
            for kind in kinds:
                query = {"lon": lon, "lat": lat, "k": k, "within_m": within_m}
                query |= {} if kind is None else {"kind": kind}
                answer = client.get(
                    "/devices/nearest", params=query, headers=as_role("dispatcher")
                ).json()
                found = [(row["code"], row["distance_m"]) for row in answer["devices"]]
                assert found == nearest_by_hand(devices, planar, lon, lat, k, within_m, kind)
                assert answer["reason"] == (None if found else "none_within")


def test_devices_at_one_place_are_equally_near_and_in_code_order(client, as_role, post):
    for code in ("b", "a", "B", "c"):
        assert post(code=code, lon=113.6044, lat=34.7044).status_code == 201
    query = {"lon": 113.6044, "lat": 34.7044, "k": 3}
    rows = client.get("/devices/nearest", params=query, headers=as_role("operator")).json()
    assert [(row["code"], row["distance_m"]) for row in rows["devices"]] == [
        ("B", 0.0), ("a", 0.0), ("b", 0.0),
    ]  # fmt: skip


def test_the_nearest_devices_are_for_those_who_may_see_devices(client, as_role):
    query = {"lon": 113.605, "lat": 34.705}
    for role, status in ((None, 401), ("viewer", 403), ("analyst", 403), ("planner", 200)):
        headers = as_role(role) if role else {}
        answer = client.get("/devices/nearest", params=query, headers=headers)
        assert answer.status_code == status
    swapped = {"lon": 34.705, "lat": 113.605}
    answer = client.get("/devices/nearest", params=swapped, headers=as_role("planner"))
    assert (answer.status_code, answer.json()["code"]) == (400, "swapped_axes")
