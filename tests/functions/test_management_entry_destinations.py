"""Queues, streams and buses of AWS as destinations over `/v1`: how they are written, changed and shown."""

from unittest.mock import ANY

import pytest

from domain.catalog.delivered_environments import tables_of
from domain.records.keys import environment_key
from schemas.limits import MAX_KEY_CHARS
from tests.destinations import EVENTBRIDGE, KINESIS, SQS
from tests.functions.test_management_destinations import change, create

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/"
SHOWN = {**SQS, "message_group": "events", "message_group_field": None}


def test_a_queue_is_shown_with_its_defaults_and_the_external_id_that_its_role_asks_for(api, endpoint):
    made = create(api, endpoint, SQS).json
    assert made["destination"] == {**SHOWN, "external_id": api.organisation_id}
    (target,) = api.connectors.sqs.checked
    assert (target.organisation_id, target.secret) == (api.organisation_id, None)
    assert api.secrets.secrets == {}


def test_what_a_change_leaves_out_stays_and_null_takes_a_field_away(api, endpoint):
    made = create(api, endpoint, {**SQS, "queue_url": f"{URL}e.fifo", "message_group_field": "user_id"}).json
    changed = change(api, made, {"type": "sqs", "message_group": "all"}).json["destination"]
    assert (changed["message_group"], changed["message_group_field"]) == ("all", "user_id")
    changed = change(api, made, {"type": "sqs", "message_group_field": None}).json["destination"]
    assert (changed["message_group"], changed["message_group_field"]) == ("all", None)


def test_a_queue_that_does_not_accept_a_message_is_not_saved(api, endpoint):
    api.connectors.sqs.reason = "AWS refused it: KmsDisabled."
    answer = create(api, endpoint, SQS)
    assert (answer.status, answer.json["code"]) == (422, "destination_refused")
    assert "KmsDisabled" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"queue_url": "https://sqs.eu-west-1.example.com/123456789012/e"}, "queue_url"),
        ({"queue_url": "http://sqs.eu-west-1.amazonaws.com/123456789012/e"}, "queue_url"),
        ({"queue_url": f"{URL}a/b"}, "queue_url"),
        ({"queue_url": f"{URL}e.fif"}, "queue_url"),
        ({"queue_url": f"{URL}{'e' * 81}"}, "queue_url"),
        ({"queue_url": f"{URL}e\n"}, "queue_url"),
        ({"role_arn": "ingest"}, "role_arn"),
        ({"message_group": "two words"}, "message_group"),
        ({"message_group": ""}, "message_group"),
        ({"message_group_field": ""}, "message_group_field"),
        ({"message_group_field": "x" * (MAX_KEY_CHARS + 1)}, "message_group_field"),
        ({"bucket": "b"}, "bucket"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(api, endpoint, wrong, pointer):
    answer = create(api, endpoint, {**SQS, **wrong})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/destination/{pointer}"]
    assert api.connectors.sqs.checked == []


@pytest.mark.parametrize("url", [f"{URL}{'e' * 80}", f"{URL}{'e' * 75}.fifo", f"{URL}E_v-1".replace(".com", ".com.cn")])
def test_every_url_of_a_queue_is_accepted(api, endpoint, url):
    assert create(api, endpoint, {**SQS, "queue_url": url}).status == 201


def test_a_stream_is_shown_with_what_is_not_set_and_the_external_id(api, endpoint):
    made = create(api, endpoint, KINESIS).json
    shown = {**KINESIS, "partition_key_field": None, "external_id": api.organisation_id}
    assert made["destination"] == shown
    changed = change(api, made, {"type": "kinesis", "partition_key_field": "user_id"}).json
    assert changed["destination"] == {**shown, "partition_key_field": "user_id"}
    assert api.connectors.kinesis.checked[-1].destination == {**KINESIS, "partition_key_field": "user_id"}


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/"}, "stream_arn"),
        ({"stream_arn": "arn:aws:firehose:eu-west-1:123456789012:stream/events"}, "stream_arn"),
        ({"stream_arn": "events"}, "stream_arn"),
        ({"partition_key_field": 7}, "partition_key_field"),
        ({"queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/e"}, "queue_url"),
    ],
    ids=str,
)
def test_what_is_wrong_about_a_stream_is_named(api, endpoint, wrong, pointer):
    answer = create(api, endpoint, {**KINESIS, **wrong})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/destination/{pointer}"]


def test_a_bus_is_shown_with_its_defaults_and_the_external_id(api, endpoint):
    made = create(api, endpoint, EVENTBRIDGE).json
    unset = {"detail_type_field": None, "detail_type_from": None}
    shown = {**EVENTBRIDGE, "detail_type": "event", **unset, "external_id": api.organisation_id}
    assert made["destination"] == shown
    changed = change(api, made, {"type": "eventbridge", "detail_type": "Shop event", "detail_type_field": "name"}).json
    assert changed["destination"] == {**shown, "detail_type": "Shop event", "detail_type_field": "name"}
    by_name = change(api, made, {"type": "eventbridge", "detail_type_from": "event_name"}).json
    assert by_name["destination"] == {**changed["destination"], "detail_type_from": "event_name"}
    assert change(api, made, {"type": "eventbridge", "detail_type_from": None}).json == {
        **by_name,
        "destination": changed["destination"],
        "updated_at": ANY,
        "version": ANY,
    }


def test_the_writer_of_a_bus_knows_by_what_a_revision_names_its_events(api, endpoint):
    made = create(api, endpoint, {**EVENTBRIDGE, "detail_type_from": "event_name"}).json
    draft = api.draft(endpoint, {"key": "kind", "type": "STRING"}, name="Never deployed")
    path = f"/v1/revisions/{draft['id']}"
    assert api.call("PATCH", path, {"event_name": ["/kind"]}, if_match=f'"{draft["version"]}"').status == 200
    assert api.call("POST", f"{path}/finalise").status == 200
    key = environment_key(endpoint["id"], made["id"])
    before = api.table.get(key)
    find = tables_of(api.table, before.data)
    assert list(find(draft["id"]).event_name) == ["/kind"]
    assert list(find(made["revision_id"]).event_name) == []
    assert find("rev_of_nobody") is None
    assert api.table.get(key) == before


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"bus_arn": "arn:aws:events:eu-west-1:123456789012:rule/events"}, "bus_arn"),
        ({"bus_arn": "default"}, "bus_arn"),
        ({"detail_type": " event"}, "detail_type"),
        ({"detail_type": "x" * 129}, "detail_type"),
        ({"detail_type_from": "name"}, "detail_type_from"),
        ({"stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/events"}, "stream_arn"),
    ],
    ids=str,
)
def test_what_is_wrong_about_a_bus_is_named(api, endpoint, wrong, pointer):
    answer = create(api, endpoint, {**EVENTBRIDGE, **wrong})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/destination/{pointer}"]
