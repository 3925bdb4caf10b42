"""What functions log holds no value of an event: neither of what they can't read, nor of errors that quote it."""

import gzip
import json
import logging
from dataclasses import replace

import pytest

from adapters.s3.events import StoredObject, stored_message
from domain.delivery.messages import quarantine_message, spill_messages
from domain.delivery.writer import notification
from domain.fault_log import place_of_fault
from functions.delivered.handler import make_handler as make_delivered
from functions.quarantine_writer.handler import make_handler as make_quarantine_writer
from functions.redeliver.handler import make_handler as make_redeliver
from functions.redrive.handler import make_queue_handler
from functions.trial.handler import make_queue_handler as make_trial_handler
from tests.functions.test_bigquery_writer import World as WriterWorld
from tests.functions.test_quarantine_writer import EVENT
from tests.ingest_world import NAME_AND_COUNT, World
from tests.landed import landed, line
from tests.management_api import PRICE, Api
from tests.memory_objects import MemoryObjects
from tests.memory_quarantine import MemoryQuarantine
from tests.memory_usage import MemoryUsage

VALUE = "ann-example-4711"


def quoting():
    """Return an error as libraries raise it: its text quotes what was read, and so does the one that it came from."""
    error = ValueError(f"Invalid value: '{VALUE}'")
    error.__cause__ = KeyError(VALUE)
    return error


class Quoting:
    """Every port at once; whatever it is asked for, it quotes."""

    def __getattr__(self, _):
        def fail(*_arguments, **_options):
            raise quoting()

        return fail


def batch(*bodies):
    return {"Records": [{"messageId": f"m{place}", "body": body} for place, body in enumerate(bodies)]}


def let_ingest_fail():
    for trouble in (quoting(), None):
        world = World()
        environment_id = world.add_environment(NAME_AND_COUNT)
        world.streams.always = world.quarantine.always = trouble
        headers = {"user-agent": VALUE, "referer": f"https://shop.example/{VALUE}", "x-forwarded-for": VALUE}
        for body in ({"name": VALUE}, {"name": 7, VALUE: VALUE}, f'{{"name": "{VALUE}'):
            world.post(environment_id, body, headers=headers)
        world.send({"rawPath": VALUE, "requestContext": VALUE, "headers": {"user-agent": VALUE}})
        yield


def let_quarantine_fail():
    broken = [replace(EVENT, received_at=VALUE), replace(EVENT, raw=VALUE.encode())]
    bodies = [VALUE, json.dumps({"v": VALUE}), json.dumps(VALUE), *map(quarantine_message, broken)]
    for objects in (MemoryObjects(), Quoting()):
        make_quarantine_writer(objects, "data", MemoryQuarantine())(batch(*bodies), None)
        yield


def let_redelivery_fail():
    (message,) = spill_messages("s1", f'{{"name": "{VALUE}"}}\n'.encode())
    broken = [VALUE, json.dumps({"stream": VALUE, "record": VALUE}), message[:-9], json.dumps([VALUE])]
    make_redeliver(Quoting())(batch(*broken), None)
    yield


def let_counting_fail():
    key = "environment=env_1/dt=2026-11-02/hour=10/stream-1.gz"
    objects = MemoryObjects()
    objects.put("data", key, gzip.compress(f'{{"_event_id":"evt_1","_received_at":"{VALUE}"}}\n'.encode())[:-4])
    for store in (objects, Quoting()):
        make_delivered(store, MemoryUsage())(batch(stored_message(StoredObject("data", key)), VALUE), None)
        yield


def let_writing_fail():
    world = WriterWorld()
    environment = world.environment()
    world.connector.deliver = Quoting().deliver
    key = f"environment={environment['id']}/dt=2026-11-02/hour=10/stream-1.gz"
    one = landed([line(1, name=VALUE)], objects=world.objects, key=key)
    world.handler(batch(notification(one.bucket, [one.key]), VALUE), None)
    yield


def let_a_redrive_fail():
    message = json.dumps({"step": "work", "redrive_id": "rdr_1", "keys": ["key"]})
    make_queue_handler(Quoting(), Quoting())(batch(message, VALUE, json.dumps({"redrive_id": VALUE})), None)
    yield


def let_a_trial_fail():
    handle = make_trial_handler(Quoting(), Quoting())
    handle(batch(json.dumps({"trial_id": "trl_1"}), VALUE, json.dumps({"trial_id": VALUE})), None)
    yield


def let_management_fail():
    api = Api()
    revision = api.draft(api.endpoint(), PRICE)
    api.handler = api.serve(dry_runner=Quoting().run)
    api.call("POST", f"/v1/revisions/{revision['id']}/validate", {"price": VALUE})
    api.call("POST", f"/v1/revisions/{revision['id']}/validate", raw=f'{{"price": "{VALUE}')
    yield


@pytest.mark.parametrize(
    "fail",
    [
        let_ingest_fail,
        let_quarantine_fail,
        let_redelivery_fail,
        let_counting_fail,
        let_writing_fail,
        let_a_redrive_fail,
        let_a_trial_fail,
        let_management_fail,
    ],
)
def test_no_value_of_an_event_is_logged_whatever_fails(fail, caplog):
    with caplog.at_level(logging.DEBUG):
        for _ in fail():
            assert caplog.records, "a fault is not passed over in silence"
            assert VALUE not in caplog.text
            caplog.clear()


def test_a_fault_is_told_by_its_kind_and_its_place():
    try:
        Quoting().anything()
    except ValueError as error:
        told = place_of_fault(error)
    assert told.startswith("ValueError\n")
    assert "in fail" in told
    assert VALUE not in told
