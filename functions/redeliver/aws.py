"""The redeliver function on AWS, fed by the spill queue."""

from adapters.aws_http.client import make_client
from adapters.aws_http.endpoint import FIREHOSE
from adapters.firehose.records import FirehoseRecords
from functions.redeliver.handler import make_handler

CALL_SECONDS = 10.0
"""Nobody waits for an answer here."""

handler = make_handler(FirehoseRecords(make_client(FIREHOSE, seconds=CALL_SECONDS)))
