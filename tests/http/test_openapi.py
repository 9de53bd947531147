"""The API description is true: every answer fits the schema that it gives for it."""

import re

import pytest

TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "integer": int, "number": (int, float),
}  # fmt: skip


def misfits(value, schema, document, path="answer"):
    """Yield where a value does not fit a JSON schema; knows the words that FastAPI writes."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        if all(any(misfits(value, one, document)) for one in schema["anyOf"]):
            yield f"{path}: {value!r} fits none of {schema['anyOf']}"
        return
    kind = schema.get("type")
    if kind and (
        not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")
    ):
        yield f"{path}: {value!r} is no {kind}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from misfits(item, schema.get("items", {}), document, f"{path}[{number}]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (
            f"{path}.{key} is missing" for key in schema.get("required", ()) if key not in value
        )
        for key, item in value.items():
            below = known.get(key, schema.get("additionalProperties", True))
            if below is True or below == {}:
                if known and "additionalProperties" not in schema:
                    yield f"{path}.{key} is not described"
            else:
                yield from misfits(item, below, document, f"{path}.{key}")


def response_of(document, method, path, status):
    """What the document says of an answer; the fewest parameters in a path go first."""
    fitting = [
        template
        for template in sorted(document["paths"], key=lambda t: t.count("{"))
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template.replace(".", r"\.")), path)
        and method in document["paths"][template]
    ]
    responses = document["paths"][fitting[0]][method]["responses"]
    return fitting[0], responses.get(str(status), responses["default"])


REPORT = {
    "channel": "other", "external_id": "1", "category": "06010", "lon": 113.605, "lat": 34.705,
    "occurred_at": "2026-03-01T08:00:00Z",
}  # fmt: skip
OUTSIDE = {**REPORT, "external_id": "2", "lon": 113.5}
CAMERA = {"code": "c", "kind": "camera_fixed", "family": "video", "lon": 113.605, "lat": 34.705}
TRIANGLE = {
    "type": "Polygon",
    "coordinates": [
        [[113.603, 34.703], [113.607, 34.703], [113.607, 34.707], [113.603, 34.703]],
    ],
}
CALLS = [
    ("get", "/locate?lon=113.605&lat=34.705&accuracy_m=50", None),
    ("get", "/locate?lon=113.5&lat=34.7", None),
    ("get", "/locate?lon=34.705&lat=113.605", None),
    ("get", "/locate?lon=x&lat=1", None),
    ("get", "/locate/4326/113.605,34.705", None),
    ("get", "/assign/explain?lon=113.605&lat=34.705&category=06010", None),
    ("post", "/locate", {"points": [[113.605, 34.705], [1], [113.5, 34.5]]}),
    ("post", "/locate", {"points": [[113.605, 34.705]], "fields": "code"}),
    ("post", "/locate", {"points": 1}),
    ("get", "/search?q=东街", None), ("get", "/search?q=", None),
    ("get", "/units/nearest?lon=113.605&lat=34.705&k=2", None),
    ("get", "/units/nearest?lon=34.705&lat=113.605", None),
    ("post", "/units/related", {"geometry": TRIANGLE, "relation": "overlaps"}),
    ("post", "/units/related", {"geometry": TRIANGLE, "relation": "near"}),
    ("get", "/devices/nearest?lon=113.605&lat=34.705", None),
    ("get", "/versions", None), ("get", "/versions/1", None), ("get", "/versions/9", None),
    ("get", "/units?limit=3", None), ("get", "/units?level=community&cover=true", None),
    ("get", "/units/419901001", None), ("get", "/units/419901001/children", None),
    ("get", "/units/419901001001/neighbours", None), ("get", "/units/419901001/history", None),
    ("get", "/units/nowhere", None),
    ("get", "/exclusive-grids", None), ("get", "/exclusive-grids/419901000000001", None),
    ("post", "/plans", {"title": "t"}), ("get", "/plans", None), ("get", "/plans/1", None),
    ("get", "/plans/1/problems", None), ("get", "/plans/1/diff", None),
    ("post", "/plans/1/edits", {"kind": "move_vertex", "at": [113.6, 34.7], "to": [113.7, 34.7]}),
    ("post", "/plans/1/edits", {"kind": "rename", "code": "419901001", "name": "新街道"}),
    ("post", "/plans/1/undo", None), ("post", "/plans/1/redo", None),
    ("post", "/plans/1/redo", None), ("post", "/plans/1/rebase", None),
    ("get", "/plans/1", None), ("get", "/plans/1/diff", None),
    ("get", "/plans/1/balance", None), ("get", "/plans/1/impact", None),
    ("post", "/plans/1/locks", {"codes": ["419901001"]}), ("get", "/plans/1/locks", None),
    ("post", "/plans/1/locks", {"codes": ["nowhere"]}), ("post", "/plans/1/unlock", None),
    ("post", "/plans/1/comments", {"text": "t", "lon": 113.605, "lat": 34.705}),
    ("get", "/plans/1/comments", None), ("get", "/versions/1/diff/1", None),
    ("get", "/units/419901001001/heirs", None), ("post", "/versions/1/restore", None),
    ("post", "/plans/1/publish", None), ("post", "/plans/1/withdraw", None),
    ("get", "/parties?limit=2", None), ("get", "/rules?limit=2", None),
    ("post", "/parties", [{"code": "P1", "name": "p", "kind": "office"}]),
    ("post", "/rules", {"rules": [{"unit": "419901001", "party": "P1", "priority": 1}]}),
    ("post", "/rules", {"rules": [{"unit": "nowhere", "party": "P1"}]}),
    ("post", "/modes", {"mode": "emergency", "units": ["419901001"]}),
    ("post", "/modes", {"period_id": 1}), ("post", "/modes", {"period_id": 99}),
    ("get", "/modes", None),
    ("get", "/categories", None), ("get", "/channels", None),
    ("post", "/events", REPORT), ("post", "/events", REPORT), ("post", "/events", OUTSIDE),
    ("post", "/events", {**REPORT, "lon": 113.606}), ("post", "/events", {}),
    ("get", "/events", None), ("get", "/events/1", None), ("get", "/events/99", None),
    ("post", "/devices", CAMERA), ("post", "/devices", CAMERA), ("get", "/devices?limit=2", None),
    ("get", "/density", None), ("get", "/density?by=h3", None), ("get", "/density?level=x", None),
    ("get", "/tiles/grid.json", None), ("get", "/tiles/x.json", None),
    ("get", "/styles.json", None), ("get", "/styles/day.json", None),
    ("get", "/sprites/day.json", None), ("get", "/sprites/x.png", None),
    ("get", "/health/live", None), ("get", "/health/ready", None),
]  # fmt: skip


def test_every_answer_fits_the_description(client, as_role):
    document = client.get("/openapi.json").json()
    seen, wrong = set(), []
    for method, url, body in CALLS:
        answer = client.request(method.upper(), url, json=body, headers=as_role("operator"))
        assert answer.status_code < 500, (url, answer.text)
        template, told = response_of(document, method, url.split("?")[0], answer.status_code)
        media = answer.headers["Content-Type"]
        assert media in told["content"], url
        assert (media == "application/problem+json") == (answer.status_code >= 400), url
        wrong += [f"{method} {url}: {misfit}" for misfit in misfits(
            answer.json(), told["content"][media]["schema"], document)]  # fmt: skip
        seen.add((method, template))
    assert wrong == []
    described = {(m, t) for t, methods in document["paths"].items() for m in methods}
    no_json = {
        "/glyphs/{fontstack}/{span}.pbf",
        "/metrics",
        "/tiles/{layer}/{z}/{x}/{y}.mvt",
        "/plans/{plan_id}/diff/{z}/{x}/{y}.mvt",
    }
    assert described - seen == {("get", template) for template in no_json}


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(client):
    document = client.get("/openapi.json").json()
    operations = [o for methods in document["paths"].values() for o in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["description"] for operation in operations)
    assert all("default" in operation["responses"] for operation in operations)


@pytest.mark.parametrize(
    ("value", "schema", "fits"),
    [
        (1, {"type": "integer"}, True), (True, {"type": "integer"}, False),
        (None, {"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
        (1, {"anyOf": [{"type": "string"}, {"type": "null"}]}, False),
        ({"a": 1}, {"type": "object", "properties": {"a": {"type": "string"}}}, False),
        ({"b": 1}, {"type": "object", "properties": {"a": {"type": "string"}}}, False),
        ({}, {"type": "object", "required": ["a"]}, False),
        (["x"], {"type": "array", "items": {"enum": ["y"]}}, False),
        ("x", {"const": "x"}, True),
    ],
)  # fmt: skip
def test_the_check_itself_can_tell(value, schema, fits):
    assert (list(misfits(value, schema, {})) == []) is fits
