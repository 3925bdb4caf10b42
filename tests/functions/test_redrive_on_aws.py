"""A redrive that sends, on AWS's own services: killed at one call after the other, and whole all the same."""

import base64
import gzip
import json
import time
from collections import Counter

import pytest

from adapters.aws_http.endpoint import FIREHOSE
from adapters.dynamodb.calls import Calls
from adapters.dynamodb.quarantine import DynamoQuarantine
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.usage import DynamoDeliveredSink
from adapters.firehose.records import FirehoseRecords
from adapters.s3.objects import S3Objects
from adapters.sqs.sender import SqsSender
from domain.delivery.delivering import make_line_delivery
from domain.delivery.messages import quarantine_message
from domain.metering.ports import UsageScope
from domain.metering.slices import Slice
from domain.quarantine.reading import Quarantine
from domain.quarantine.redriving import Redriver
from domain.records.ports import Put
from functions.quarantine_writer.handler import make_handler as make_writer
from functions.redrive.handler import make_handler
from tests.aws_deployment import aws_deployment
from tests.aws_stub import AwsStub, refusal, running
from tests.killed import Killed
from tests.quarantine_world import TEXT, QuarantineWorld

FIT, UNFIT = b'{"price": "1"}', b'{"price": true}'
OBJECTS = [[FIT, FIT, UNFIT], [FIT], [UNFIT], [FIT, FIT]]
FITTING = sum(raws.count(FIT) for raws in OBJECTS)


class Account:
    """A deployment on AWS with quarantined events, and the steps of a redrive as its functions do them."""

    def __init__(self, deployment, stub):
        self.deployment = deployment
        self.stub = stub
        self.world = QuarantineWorld()
        self.life = self.world.life
        calls = Calls(deployment.dynamodb)
        self.index = DynamoQuarantine(calls, "counters")
        self.ids = []
        writer = make_writer(S3Objects(deployment.s3), "data", self.index)
        for number, raws in enumerate(OBJECTS):
            events = [self.world.refused(raw) for raw in raws]
            self.ids += [event.event_id for event, raw in zip(events, raws, strict=True) if raw == FIT]
            records = [
                {"messageId": f"{number}-{place}", "body": quarantine_message(event)}
                for place, event in enumerate(events)
            ]
            assert writer({"Records": records}, None) == {"batchItemFailures": []}
        self.fixed = self.world.revision(TEXT)

    def start(self, **wanted):
        """Ask for a redrive, and put all that the catalog knows into DynamoDB; return the redrive's id."""
        made = self.world.start(self.fixed, **wanted)
        for key, (_, text, _) in self.world.api.table._items.items():
            found = self.deployment.table.get(key)
            self.deployment.table.transact([Put(key, json.loads(text), found.version if found else 0)])
        return made["id"]

    def process(self):
        """Return the function as a process has it that has just started."""
        guard = self.life.guarded
        calls = Calls(self.deployment.dynamodb)

        def call(operation, request):
            self.life.step()
            answer = calls(operation, request)
            self.life.step()
            return answer

        objects = guard(S3Objects(self.deployment.s3), "get", "open", "put", "list_keys")
        deliver = make_line_delivery(
            guard(FirehoseRecords(self.stub.client(FIREHOSE)), "put_records"),
            SqsSender(self.deployment.sqs, self.deployment.queue_urls["spill"]),
            monotonic=time.monotonic,
            sleep=lambda _: None,
            random=lambda: 0.5,
        )
        table = DynamoTable(self.deployment.dynamodb, "catalog", self.deployment.clock)
        redriver = Redriver(
            guard(table, "transact"),
            Quarantine(objects, "data", DynamoQuarantine(call, "counters"), 30),
            deliver,
            DynamoDeliveredSink(call, "counters"),
            self.deployment.clock,
            lambda: b"secret",
        )
        return make_handler(redriver, None, "data")

    def redrive(self, redrive_id):
        """Do the steps as the state machine does, an object at a time; return the redrive's last state."""
        handle = self.process()
        planned = handle({"step": "plan", "redrive_id": redrive_id}, None)
        if planned["objects"]:
            manifest = self.deployment.s3.get_object(**planned["manifest"])["Body"].read()
            for key in json.loads(manifest):
                handle({"step": "work", "redrive_id": redrive_id, "keys": [key]}, None)
        return handle({"step": "finish", "redrive_id": redrive_id}, None)["state"]

    def sent(self):
        """Return how often each event was put into its stream, always with the mark of a repeat."""
        records = [
            base64.b64decode(record["Data"])
            for operation, fields in self.stub.served
            for record in fields["Records"]
            if operation == "PutRecordBatch"
        ]
        lines = [line for record in records for line in record.splitlines()]
        assert all(line.startswith(b"  {") for line in lines)
        return Counter(json.loads(line)["_event_id"] for line in lines)

    def counted(self):
        organisation_id = self.world.api.organisation_id
        scope = UsageScope(organisation_id, environment_id=self.world.environment_id)
        points = self.deployment.usage.series(scope, Slice.MINUTE, 0, 2**40)
        return [sum(point.counts[name] for point in points) for name in ("accepted", "redriven")]

    def left(self):
        groups = self.index.groups(self.world.environment_id, 0, 2**40)
        return {group.key.code: (group.events - group.redriven, group.redriven) for group in groups}


def takes(operation, fields):
    assert operation == "PutRecordBatch"
    return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"} for _ in fields["Records"]]}


@pytest.fixture
def account():
    with aws_deployment() as deployment, running(AwsStub(takes)) as stub:
        yield Account(deployment, stub)
        assert stub.bad_signatures == []


def test_a_redrive_that_is_killed_at_one_call_after_the_other_sends_each_event_and_counts_it_once(account):
    assert account.redrive(account.start(dry_run=True)) == "done"
    assert (account.sent(), account.counted()) == ({}, [0, 0])
    redrive_id = account.start()
    killed = state = 0
    while state != "done":
        account.life.calls, account.life.kill_at = 0, killed
        try:
            state = account.redrive(redrive_id)
        except Killed:
            killed += 1
        assert killed < 500
    assert killed > 2 * len(OBJECTS)
    assert set(account.sent()) == set(account.ids)
    assert account.counted() == [FITTING, FITTING]
    assert account.left() == {"": (2, FITTING), "type_float": (2, FITTING)}
    progress = account.index.progress(redrive_id)
    assert (progress.matched, progress.valid, progress.sent) == (FITTING + 2, FITTING, FITTING)

    account.life.kill_at = None
    before = account.sent()
    assert account.redrive(redrive_id) == "done"
    assert account.sent() == before
    assert account.counted() == [FITTING, FITTING]


def test_repairs_reach_the_state_machines_steps_and_leave_their_notes_in_the_bucket(account):
    account.fixed = account.world.revision_id
    repair = {"kind": "number_from_text", "pointer": "/price"}
    redrive_id = account.start(repairs=[repair])
    assert account.redrive(redrive_id) == "done"
    assert set(account.sent()) == set(account.ids)
    progress = account.index.progress(redrive_id)
    assert (progress.sent, progress.invalid, progress.changed) == (FITTING, 2, {"events": FITTING, "0": FITTING})
    listed = account.deployment.s3.list_objects_v2(Bucket="data", Prefix="redriven/")["Contents"]
    bodies = [account.deployment.s3.get_object(Bucket="data", Key=row["Key"])["Body"].read() for row in listed]
    notes = [json.loads(line) for body in bodies for line in gzip.decompress(body).splitlines()]
    assert {note["event_id"] for note in notes} == set(account.ids)
    assert all((note["redrive_id"], note["repairs"]) == (redrive_id, [repair]) for note in notes)


def test_a_stream_that_refuses_hands_a_redrive_over_to_the_spill_queue(account):
    account.stub.faults.extend([refusal("ServiceUnavailableException", 503)] * 50)
    assert account.redrive(account.start()) == "done"
    assert account.sent() == {}
    assert len(account.deployment.received("spill")) >= 3
    assert account.counted() == [FITTING, FITTING]
