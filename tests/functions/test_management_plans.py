"""A typed plan over `/v1`: a template, and for each event a field for what it alone has."""

import pytest

from domain.language.templates import TEMPLATES
from schemas.limits import MAX_DEPTH, MAX_WHEN_FIELDS
from tests.management_api import Api

ORDER = {
    "type": "object",
    "properties": {
        "orderId": {"type": "string", "minLength": 1},
        "total": {"type": "number", "minimum": 0},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "required": ["orderId", "total"],
    "$defs": {"item": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}},
}
CANCELLED = [{"reason": "late", "Refund Amount": 1.5}, {"reason": "other"}]
TYPED = [name for name, template in TEMPLATES.items() if template.typed]


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def path(api):
    return f"/v1/endpoints/{api.endpoint()['id']}/revisions"


def plan(api, path, template="segment", **events):
    return api.call("POST", path, {"template": template, "plan": events})


def outcomes(api, revision, *events):
    rows = api.call("POST", f"/v1/revisions/{revision['id']}/validate", list(events)).json["results"]
    return [(row["outcome"], [error["pointer"] for error in row["errors"]]) for row in rows]


def test_each_event_of_a_plan_becomes_a_field_with_when(api, path):
    answer = plan(api, path, **{"Order Completed": ORDER, "Order Cancelled": CANCELLED})
    assert answer.status == 201
    made = answer.json
    template = TEMPLATES["segment"]
    size = len(template.fields)
    assert made["fields"][:size] == template.fields
    assert made["fields"][size:] == [
        {
            "key": "order_completed",
            "from": "properties",
            "type": "OBJECT",
            "presence": "required",
            "when": {"/event": ["Order Completed"]},
            "fields": [
                {
                    "key": "order_id",
                    "from": "orderId",
                    "type": "STRING",
                    "presence": "required",
                    "rules": [{"rule": "min_length", "value": 1}],
                },
                {
                    "key": "total",
                    "type": "FLOAT",
                    "presence": "required",
                    "rules": [{"rule": "min_value", "value": 0.0}],
                },
                {
                    "key": "items",
                    "type": "ARRAY_OBJECT",
                    "presence": "optional",
                    "fields": [{"key": "sku", "type": "STRING", "presence": "required"}],
                },
            ],
        },
        {
            "key": "order_cancelled",
            "from": "properties",
            "type": "OBJECT",
            "presence": "required",
            "when": {"/event": ["Order Cancelled"]},
            "fields": [
                {"key": "reason", "type": "STRING", "presence": "required"},
                {"key": "refund_amount", "from": "Refund Amount", "type": "FLOAT", "presence": "optional"},
            ],
        },
    ]
    assert (made["additional_keys"], made["event_name"]) == ("keep", ["/event", "/type"])
    completed, cancelled = made.pop("plan")
    assert (completed["event"], completed["key"]) == ("Order Completed", "order_completed")
    assert (completed["import"]["complete"], completed["import"]["exact"]) == (True, True)
    assert (cancelled["key"], cancelled["inference"]["accepted"]) == ("order_cancelled", 2)
    assert api.call("GET", f"/v1/revisions/{made['id']}").json == made
    assert api.call("POST", f"/v1/revisions/{made['id']}/finalise").status == 200
    assert (api.audit()[-2]["after"]["template"], api.audit()[-2]["after"]["plan"]) == ("segment", True)


def test_events_are_judged_by_the_plan_and_those_it_does_not_name_by_the_template(api, path):
    made = plan(api, path, **{"Order Completed": ORDER}).json
    track = {"type": "track", "event": "Order Completed"}
    assert outcomes(
        api,
        made,
        {**track, "properties": {"orderId": "1", "total": 9, "Coupon": "X"}},
        {**track, "properties": {"orderId": "1", "total": "9"}},
        track,
        {"type": "track", "event": "Other", "properties": {"total": "9"}},
        {"type": "page", "properties": {"total": "9"}},
    ) == [
        ("accepted", []),
        ("rejected", ["/properties/total"]),
        ("rejected", ["/properties"]),
        ("accepted", []),
        ("accepted", []),
    ]


@pytest.mark.parametrize("template", TYPED)
def test_every_template_whose_events_have_names_takes_a_plan(api, path, template):
    typed = TEMPLATES[template].typed
    made = plan(api, path, template, bought={"type": "object", "properties": {"total": {"type": "number"}}}).json
    field = made["fields"][-1]
    assert (field["key"], field["from"], field["when"]) == ("bought", typed.content, {typed.name: ["bought"]})
    assert field["presence"] == "optional"
    assert api.call("POST", f"/v1/revisions/{made['id']}/finalise").status == 200


def test_places_are_those_of_each_protocol():
    assert {name: (TEMPLATES[name].typed.name, TEMPLATES[name].typed.content) for name in TYPED} == {
        "segment": ("/event", "properties"),
        "posthog": ("/event", "properties"),
        "snowplow": ("/event_name", "/unstruct_event/data"),
        "amplitude": ("/event_type", "event_properties"),
        "mixpanel": ("/event", "properties"),
        "ga4": ("/name", "params"),
        "cloudevents": ("/type", "data"),
        "webhook": ("/type", "payload"),
    }


def test_snowplows_inner_event_is_judged_where_it_stands(api, path):
    made = plan(api, path, "snowplow", order_completed=ORDER).json
    event = {"event": "unstruct", "event_name": "order_completed"}
    data = {"orderId": "1", "total": "9"}
    assert outcomes(api, made, {**event, "unstruct_event": {"schema": "iglu:a/b/jsonschema/1-0-0", "data": data}}) == [
        ("rejected", ["/unstruct_event/data/total"])
    ]


def test_names_of_events_become_keys_that_nothing_else_has(api, path):
    shape = {"type": "object", "properties": {"a": {"type": "string"}}}
    names = ["Order  Completed", "order completed", "timestamp", "_extra", "日本", "order_completed", ""]
    made = plan(api, path, **dict.fromkeys(names, shape)).json
    assert [row["key"] for row in made["plan"]] == [
        "order_completed_2",
        "order_completed_3",
        "timestamp_2",
        "extra",
        "key",
        "order_completed",
        "key_2",
    ]


def test_an_event_without_properties_of_its_own_is_a_free_object(api, path):
    made = plan(api, path, clicked={"type": "object"}).json
    assert (made["fields"][-1]["type"], made["fields"][-1]["presence"]) == ("JSON", "optional")


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        (5, "", "type"),
        ("{}", "", "type"),
        ([], "", "min_items"),
        ([5], "/0", "type"),
        ([{"a": 1}] * 1_001, "", "max_items"),
        ([{}], "", "nothing_inferred"),
        ({"type": "string"}, "", "nothing_mapped"),
    ],
)
def test_a_faulty_event_of_a_plan_is_refused_at_its_place(api, path, said, pointer, code):
    answer = plan(api, path, good={"type": "object"}, **{"A/B": said})
    assert (answer.status, answer.pointers[0]) == (422, f"/plan/A~1B{pointer}")
    assert answer.json["errors"][0]["code"] == code


def test_what_is_deeper_than_fields_can_be_is_kept_as_json(api, path):
    deep = {"a": 1}
    for _ in range(MAX_DEPTH):
        deep = {"a": deep}
    field = plan(api, path, deep=[deep]).json["fields"][-1]
    for _ in range(MAX_DEPTH - 1):
        (field,) = field["fields"]
    assert field["type"] == "JSON"


def test_reports_of_samples_speak_of_the_plan(api, path):
    samples = [{"price": 1}, {"price": "2", "note": None, "a": {"b": 1, "c": None}}]
    (row,) = plan(api, path, bought=samples).json["plan"]
    report = row["inference"]
    assert [guess["path"] for guess in report["guesses"]] == ["price", "a", "a.b"]
    assert [(left["path"], left["pointer"]) for left in report["left_out"]] == [
        ("note", "/plan/bought/1/note"),
        ("a.c", "/plan/bought/1/a/c"),
    ]
    assert report["accepted"] + report["refused_count"] == 2


def test_more_fields_than_a_revision_has_are_told_of_the_plan(api, path):
    wide = {"type": "object", "properties": {f"k{number}": {"type": "string"} for number in range(1_990)}}
    answer = plan(api, path, one=wide, two=wide)
    assert [(row["pointer"], row["code"]) for row in answer.json["errors"]] == [("/plan", "too_many")]


def test_a_plan_needs_a_template_whose_events_have_names(api, path):
    events = {"a": {"type": "object"}}
    assert api.call("POST", path, {"plan": events}).pointers == [""]
    for template in ("user_tracking", "logpush", "cloudwatch"):
        answer = plan(api, path, template, **events)
        assert (answer.status, answer.pointers) == (422, ["/plan"])
    assert plan(api, path).pointers == ["/plan"]


def test_a_plan_has_as_many_events_as_a_revision_has_fields_with_when(api, path):
    shape = {"type": "object", "properties": {"a": {"type": "string"}}}
    most = {f"event {number}": shape for number in range(MAX_WHEN_FIELDS)}
    made = plan(api, path, **most)
    assert (made.status, len(made.json["plan"])) == (201, MAX_WHEN_FIELDS)
    more = plan(api, path, **most, further=shape)
    assert (more.status, more.pointers) == (422, ["/plan"])


def test_of_all_that_is_not_taken_over_as_much_is_listed_as_of_one_import(api, path):
    odd = {
        "type": "object",
        "properties": {f"a{n}": {"type": "string", "pattern": "("} for n in range(90)},
    }
    rows = plan(api, path, **{f"event {number}": odd for number in range(9)}).json["plan"]
    listed = [len(row["import"]["unmapped"]) + len(row["import"]["lost"]) for row in rows]
    counted = sum(row["import"]["unmapped_count"] + row["import"]["lost_count"] for row in rows)
    assert (sum(listed), counted) == (500, 810)
