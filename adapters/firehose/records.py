"""Records into Firehose's delivery streams, without an SDK: `PutRecordBatch`, every row of whose answer is read.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
"""

import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from adapters.aws_codes import is_passing, plain_code
from adapters.aws_http.client import JsonClient, Refused
from domain.delivery.marks import marked
from domain.delivery.ports import PutFailure, PutResults
from domain.errors import Undelivered
from schemas.limits import MAX_PUT_BYTES, MAX_RECORD_BYTES, MAX_RECORDS_PER_PUT

CALL_SECONDS = 3.0
"""A call that begins at the end of the two seconds of `domain.delivery.delivering` still ends well within a request."""

_OVERLOADED = "ServiceUnavailableException"
_TOO_MUCH = PutFailure("more than one call takes", retryable=False)


class FirehoseRecords:
    """Implements `StreamSink`."""

    def __init__(self, client: JsonClient) -> None:
        """Take a client of Firehose."""
        self._client = client

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        if not records:
            return []
        if (
            len(records) > MAX_RECORDS_PER_PUT
            or sum(map(len, records)) > MAX_PUT_BYTES
            or max(map(len, records)) > MAX_RECORD_BYTES
        ):
            return [_TOO_MUCH] * len(records)
        sent_twice = False

        def again() -> bytes:
            nonlocal sent_twice
            sent_twice = True
            return _payload(stream, [marked(record) for record in records])

        try:
            answer = self._client.call("PutRecordBatch", _payload(stream, records), again=again)
        except Refused as refused:
            # An overload is refused at the door; behind any other failure of the service, nobody knows.
            uncertain = sent_twice or (refused.status >= 500 and refused.code != _OVERLOADED)
            return [PutFailure(refused.code, refused.retryable, uncertain)] * len(records)
        return _results(answer, len(records), uncertain=sent_twice)


def _payload(stream: str, records: Sequence[bytes]) -> bytes:
    # Base64 needs no escaping, which spares a megabyte the search for what does.
    rows = b'"},{"Data":"'.join([binascii.b2a_base64(record, newline=False) for record in records])
    return b'{"DeliveryStreamName":%b,"Records":[{"Data":"%b"}]}' % (orjson.dumps(stream), rows)


def _results(answer: Mapping[str, Any], count: int, *, uncertain: bool) -> PutResults:
    rows = answer.get("RequestResponses")
    if not isinstance(rows, list) or len(rows) != count:
        raise Undelivered("Firehose did not say of every record what became of it.")
    return [_result(row, uncertain=uncertain) for row in rows]


def _result(row: Mapping[str, Any], *, uncertain: bool) -> PutFailure | None:
    if row.get("RecordId"):
        return None
    code = plain_code(row.get("ErrorCode"))
    # Only two codes are documented for a record, and both pass. Of one that nobody knows that is the better guess:
    # tries are few, and what they don't help goes to the spill queue.
    return PutFailure(code, is_passing(code, 500), uncertain)
