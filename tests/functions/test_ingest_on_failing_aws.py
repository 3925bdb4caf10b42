"""Ingest as Lambda runs it, on an AWS that throttles, takes a part, breaks off and hangs: what it answers is true."""

import base64
import json
import os
import signal
from collections import Counter
from itertools import cycle
from random import Random

import pytest

from adapters.dynamodb.encoding import pack
from adapters.function_settings import variables_from_settings
from adapters.tallies import MAX_TALLY_BYTES, tally_from, unpacked
from domain.delivery.messages import quarantined_event_from_message, spilled_record_from_message
from functions.ingest.settings import IngestSettings
from schemas.items import pointer_key, revision_document_key
from tests.aws_stub import Answer as Refusal
from tests.aws_stub import AwsStub, Fault, refusal, running
from tests.front_doors import http_api_event
from tests.ingest_world import Answer
from tests.lambda_process import LambdaProcess

ENVIRONMENT = f"env_{1:026d}"
REVISION = f"rev_{1:026d}"
POINTER = {
    "environment_id": ENVIRONMENT,
    "endpoint_id": "ep_1",
    "organisation_id": "org_1",
    "revision_id": REVISION,
    "state": "active",
    "on_invalid": "quarantine",
    "allowed_origins": [],
    "streams": ["stream-1", "stream-2"],
    "plan_exhausted": False,
    "rate_limit": 1_000_000,
    "store_addresses": False,
    "written_at": 0,
}
DOCUMENT = {
    "revision_id": REVISION,
    "additional_keys": "drop",
    "fields": [{"key": "n", "type": "INT", "presence": "required"}],
}
REQUESTS = 120
KINDS = {
    "throttled": refusal("ThrottlingException"),
    "internal": refusal("InternalFailure", 500),
    "gone": refusal("ResourceNotFoundException"),
    "bare 503": Refusal(503, b"<html>"),
    "partial": "partial",
    **{
        f"{kind} {'after' if after else 'before'}": Fault(kind, after_effect=after)
        for kind in ("close", "reset", "cut", "garbage")
        for after in (False, True)
    },
}


class FailingAws:
    """Keeps what it took, and fails about every third call."""

    def __init__(self, random):
        self.random = random
        self.records, self.spilled, self.quarantined, self.tallies = [], [], [], []
        self.failed = Counter()
        self.hangs = [Fault("hang", after_effect=True), Fault("hang", after_effect=False)]
        self.kinds = cycle(random.sample(list(KINDS), len(KINDS)))
        self.stub = None

    def __call__(self, operation, fields):
        if self.random.random() < 0.3:
            self.plan_next()
        if operation == "PutRecordBatch":
            return self.put([base64.b64decode(record["Data"]) for record in fields["Records"]])
        if operation == "SendMessageBatch":
            return self.send(fields)
        if operation == "GetItem":
            return self.get(fields["Key"]["pk"]["S"])
        return {"Items": [], "Attributes": {}}

    def plan_next(self):
        """Decide how the next call fails, whichever that is."""
        if self.hangs and len(self.records) > 60:
            self.failed["hang"] += 1
            self.stub.faults.append(self.hangs.pop())
            return
        name = next(self.kinds)
        self.failed[name] += 1
        if name != "partial":
            self.stub.faults.append(KINDS[name])

    def refuses(self):
        return self.random.random() < 0.1

    def put(self, records):
        rows = []
        for record in records:
            if self.refuses():
                rows.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
            else:
                self.records.append(record)
                rows.append({"RecordId": "r"})
        return {"FailedPutCount": sum("ErrorCode" in row for row in rows), "RequestResponses": rows}

    def send(self, fields):
        queue = fields["QueueUrl"].rpartition("/")[2]
        kept = {"spill": self.spilled, "quarantine": self.quarantined, "usage": self.tallies}[queue]
        done, failed = [], []
        for entry in fields["Entries"]:
            if self.refuses():
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            else:
                kept.append(entry["MessageBody"])
                done.append({"Id": entry["Id"], "MessageId": "m"})
        return {"Successful": done, "Failed": failed}

    @staticmethod
    def get(partition_key):
        items = {pointer_key(ENVIRONMENT): POINTER, revision_document_key(REVISION): DOCUMENT}
        for key, data in items.items():
            if key.pk == partition_key:
                attributes = pack(data, "").attributes
                return {"Item": {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "version": {"N": "1"}, **attributes}}
        return {}

    def event_ids(self):
        records = [*self.records, *(spilled_record_from_message(body).record for body in self.spilled)]
        return {json.loads(line)["_event_id"] for record in records for line in record.splitlines()}

    def counted(self):
        """Return how many events were counted as accepted by tallies, each of which counts once."""
        tallies = {tally.tally_id: tally for tally in map(tally_from, self.tallies)}
        return sum(row.accepted for tally in tallies.values() for row in unpacked(tally.rows, MAX_TALLY_BYTES))

    def quarantined_ids(self):
        return {quarantined_event_from_message(body).event_id for body in self.quarantined}


@pytest.fixture
def aws(tmp_path):
    aws = FailingAws(Random(11))
    with running(AwsStub(aws, tmp_path)) as stub:
        aws.stub = stub
        yield aws


def outcomes(answer):
    said = json.loads(answer.body)
    if "results" in said:
        return [(row["outcome"], row["event_id"]) for row in said["results"]]
    return [("accepted", event_id) for event_id in said.get("event_ids", ())]


def test_what_is_answered_is_true_however_aws_fails(aws):
    settings = IngestSettings(
        "catalog",
        "counters",
        "https://q/spill",
        "https://q/quarantine",
        "https://q/taps",
        "https://q/usage",
        "secret",
    )
    variables = {**variables_from_settings(settings), **aws.stub.variables, "PATH": os.environ["PATH"]}
    ingest = LambdaProcess("functions.ingest.aws", variables)
    accepted, quarantined, statuses = set(), set(), Counter()
    headers = {"content-type": "application/json"}
    try:
        for _ in range(REQUESTS):
            events = [{"n": n} if aws.random.random() < 0.9 else {"n": "no"} for n in range(aws.random.randint(1, 12))]
            event = http_api_event("POST", f"/e/{ENVIRONMENT}", body=json.dumps(events), headers=headers)
            answer = Answer(ingest(event))
            statuses[answer.status] += 1
            accepted |= {event_id for outcome, event_id in outcomes(answer) if outcome == "accepted"}
            quarantined |= {event_id for outcome, event_id in outcomes(answer) if outcome == "quarantined"}
        ingest.process.send_signal(signal.SIGTERM)
        assert ingest.process.wait(30) == 0
    finally:
        errors = ingest.end()
    assert accepted - aws.event_ids() == set()
    assert quarantined - aws.quarantined_ids() == set()
    assert aws.counted() <= len(accepted), "a process that ends may lose its last counts, and never adds any"
    assert statuses.keys() <= {200, 400, 503}, errors
    assert statuses[200] > REQUESTS / 2
    assert len(accepted) > 2 * REQUESTS
    assert len(quarantined) > 20
    assert aws.spilled
    assert set(aws.failed) == {*KINDS, "hang"}
    assert "internal fault" not in errors
