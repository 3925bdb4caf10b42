"""What a run on one machine sends to queues, streams and buses: files of what would have gone out."""

import json

from connectors.eventbridge.connector import eventbridge_connector
from connectors.kinesis.connector import kinesis_connector
from connectors.sqs.connector import sqs_connector
from local.sent import sent_to_files
from tests.destinations import EVENTBRIDGE, KINESIS, SQS
from tests.landed import Time, landed, line
from tests.users_services import target_of

KINESIS_LINE = {"Data": '{"_ingest_check":true}', "PartitionKey": "_ingest_check"}
LINES = [line(number) for number in range(12)]


def test_messages_are_lines_of_a_file_for_each_queue_and_a_check_proves_nothing(tmp_path):
    connector = sent_to_files(tmp_path / "sent", "queue_url", sqs_connector)
    target = target_of({**SQS, "message_group": "events"})
    assert [step.state for step in connector.check(target)] == ["not_tested", "not_tested"]
    connector.deliver(target, landed(LINES), lambda _: None, Time().budget())
    (path,) = (tmp_path / "sent").iterdir()
    assert path.name == "sqs.eu-west-1.amazonaws.com%2F123456789012%2Fevents.ndjson"
    probe, *rows = [json.loads(row)["MessageBody"].encode() for row in path.read_bytes().splitlines()]
    assert probe == b'{"_ingest_check":true}'
    assert rows == LINES


def test_records_are_lines_of_a_file_of_their_stream(tmp_path):
    connector = sent_to_files(tmp_path, "stream_arn", kinesis_connector)
    connector.check(target_of(KINESIS))
    (path,) = tmp_path.iterdir()
    assert path.name == "arn:aws:kinesis:eu-west-1:123456789012:stream%2Fevents.ndjson"
    assert json.loads(path.read_bytes()) == KINESIS_LINE


def test_a_bus_with_a_long_name_has_a_file_that_a_file_system_takes(tmp_path):
    connector = sent_to_files(tmp_path, "bus_arn", eventbridge_connector)
    connector.check(target_of({**EVENTBRIDGE, "bus_arn": EVENTBRIDGE["bus_arn"] + "/x" * 120, "detail_type": "event"}))
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_bytes())["DetailType"] == "_ingest_check"
