"""A revision that keeps what no field names: it is in the line that a destination receives, whatever it is."""

import json

import pytest

from schemas.limits import MAX_EVENT_BYTES, MAX_EXTRA_POINTERS

FIELDS = [
    {"key": "name", "type": "STRING", "presence": "required"},
    {"key": "size", "type": "INT", "presence": "default", "default": 1},
    {
        "key": "items",
        "type": "ARRAY_OBJECT",
        "presence": "optional",
        "fields": [{"key": "sku", "type": "STRING", "presence": "optional"}],
    },
]


@pytest.fixture
def environment_id(world):
    return world.add_environment(FIELDS, "keep")


def lines_of(world):
    return [json.loads(line) for record in world.records() for line in record.splitlines()]


def test_what_no_field_names_stands_after_the_stamps(world, environment_id):
    event = {"coupon": "X1", "name": "n", "items": [{"sku": "1", "colour": "blue"}], "none": None}

    assert world.post(environment_id, event).status == 200

    (line,) = lines_of(world)
    assert list(line) == ["_event_id", "_received_at", "_revision_id", "_extra", "name", "size", "items"]
    assert line["_extra"] == {"/coupon": "X1", "/items/0/colour": "blue", "/none": None}
    assert line["items"] == [{"sku": "1"}]


def test_an_event_whose_values_are_all_named_has_no_such_key(world, environment_id):
    world.post(environment_id, {"name": "n"})

    assert list(lines_of(world)[0]) == ["_event_id", "_received_at", "_revision_id", "name", "size"]


@pytest.mark.parametrize("form", ["array", "lines", "judged"])
def test_each_event_of_a_batch_has_its_own(world, environment_id, form):
    events = [{"name": "a", "x": 1}, {"name": "b"}, {"name": "c", "x": 3}]
    if form == "lines":
        body = "\n".join(map(json.dumps, events))
        world.post(environment_id, body, content_type="application/x-ndjson")
    else:
        world.post(environment_id, [*events, {"name": 5, "x": 4}] if form == "judged" else events)

    assert [line.get("_extra") for line in lines_of(world)] == [{"/x": 1}, None, {"/x": 3}]


def test_a_lone_surrogate_in_one_event_of_a_batch_leaves_the_others_as_they_are(world, environment_id):
    world.post(environment_id, r'[{"name": "a", "x": 1}, {"name": "b", "x": "\ud800"}, {"name": "c", "x": 3}]')

    assert [line["_extra"]["/x"] for line in lines_of(world)] == [1, r'"\ud800"', 3]


def test_what_a_client_sends_under_a_stamps_key_is_kept_by_its_pointer(world, environment_id):
    world.post(environment_id, {"name": "n", "_extra": 1, "_event_id": "mine"})

    (line,) = lines_of(world)
    assert line["_extra"] == {"/_extra": 1, "/_event_id": "mine"}
    assert line["_event_id"] != "mine"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("1e400", "1e400"), (r'"a\ud800"', r'"a\ud800"'), (r'"\\ud800"', r"\ud800"), (r'"\ud83d\ude00"', "😀")],
)
@pytest.mark.parametrize("batched", [False, True])
def test_nothing_in_it_refuses_an_event(world, environment_id, sent, kept, batched):
    text = f'{{"name": "n", "x": {sent}}}'

    assert world.post(environment_id, f"[{text}]" if batched else text).status == 200

    assert lines_of(world)[0]["_extra"] == {"/x": kept}


@pytest.mark.parametrize("text", [r'{"name": "\ud800"}', r'{"name": "n", "items": [{"sku": "\udc00"}], "x": "\ud800"}'])
def test_a_lone_surrogate_in_what_a_field_names_is_refused(world, environment_id, text):
    assert world.post(environment_id, text).status == 400


def test_a_lone_surrogate_beside_what_fields_name_in_an_array_is_kept(world, environment_id):
    world.post(environment_id, r'{"name": "n", "items": [{"sku": "1", "colour": "\ud800"}]}')

    (line,) = lines_of(world)
    assert line["items"] == [{"sku": "1"}]
    assert line["_extra"] == {"/items/0/colour": r'"\ud800"'}


def test_other_faults_are_told_beside_a_lone_surrogate(world, environment_id):
    answer = world.post(environment_id, r'{"x": "\ud800"}')

    assert [(error["pointer"], error["code"]) for error in answer.json["results"][0]["errors"]] == [
        ("/name", "required")
    ]


def test_pointers_beyond_the_most_are_dropped_and_counted(world, environment_id):
    event = {"name": "n"} | {f"k{number}": number for number in range(MAX_EXTRA_POINTERS + 2)}

    assert world.post(environment_id, event).status == 200

    extra = lines_of(world)[0]["_extra"]
    assert len(extra) == MAX_EXTRA_POINTERS + 1
    assert extra[""] == {"dropped": 2}


def test_what_does_not_fit_into_the_line_is_dropped_and_the_event_is_accepted(world, environment_id):
    event = {"name": "n" * 600_000, "first": "x", "large": "y" * 399_000, "last": "z" * 2_000}

    assert world.post(environment_id, event).status == 200

    (record,) = world.records()
    assert len(record) <= MAX_EVENT_BYTES + 1
    extra = json.loads(record)["_extra"]
    assert extra["/first"] == "x"
    assert extra[""]["dropped"] >= 1


def test_an_event_that_fills_a_line_alone_is_accepted_without_it(world, environment_id):
    world.post(environment_id, {"name": "n"})
    missing = MAX_EVENT_BYTES - (len(world.records()[0]) - 1)

    assert world.post(environment_id, {"name": "n" * (missing + 1), "x": 1}).status == 200

    record = world.records()[1]
    assert len(record) == MAX_EVENT_BYTES + 1
    assert "_extra" not in json.loads(record)


def test_with_kinds_of_events_what_the_fields_in_force_leave_is_kept_but_no_protected_place(world):
    email = {"key": "email", "type": "STRING", "presence": "optional", "protect": "redact"}
    total = {"key": "total", "type": "INT", "presence": "optional"}
    fields = [
        {"key": "type", "type": "STRING", "presence": "required"},
        {
            "key": "order",
            "from": "properties",
            "type": "OBJECT",
            "presence": "optional",
            "fields": [email, total],
            "when": {"/type": ["order"]},
        },
    ]
    environment_id = world.add_environment(fields, "keep")
    properties = {"email": "a@example.com", "total": 3, "coupon": "X1"}

    for event in ({"type": "order", "properties": properties}, {"type": "page", "properties": properties}):
        assert world.post(environment_id, event).status == 200

    order, page = lines_of(world)
    assert order["_extra"] == {"/properties/coupon": "X1"}
    assert page["_extra"] == {"/properties/total": 3, "/properties/coupon": "X1"}
    assert "example.com" not in json.dumps([order, page])
