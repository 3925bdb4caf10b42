"""Messages into one SQS queue, without an SDK: `SendMessageBatch`, every row of whose answer is read.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from adapters.aws_codes import is_passing, plain_code
from adapters.aws_http.client import JsonClient, Refused
from domain.delivery.ports import PutFailure, PutResults
from domain.errors import Undelivered
from schemas.limits import MAX_MESSAGE_BYTES, MAX_MESSAGES_PER_SEND

CALL_SECONDS = 2.0
"""With every try for spill and quarantine without success, a request still ends within the time of its function."""

_TOO_LONG = PutFailure("larger than a message may be", retryable=False)
_NOT_TRIED = PutFailure("the queue failed for others of the same request", retryable=True)


class SqsMessages:
    """Implements `QueueSink`."""

    def __init__(
        self, client: JsonClient, queue_url: str, *, seconds: float | None = None, delay_seconds: int = 0
    ) -> None:
        """Take a client of SQS, the queue's URL, and how long a call may take, if not as long as the client's do.

        Messages are received `delay_seconds` after they were sent, 900 at most.
        """
        self._client = client
        self._queue_url = queue_url
        self._seconds = seconds
        self._more = {"DelaySeconds": delay_seconds} if delay_seconds else {}

    def send(self, bodies: Sequence[str]) -> PutResults:
        sizes = [len(body.encode("utf-8", "surrogatepass")) for body in bodies]
        results: PutResults = [_TOO_LONG if size > MAX_MESSAGE_BYTES else _NOT_TRIED for size in sizes]
        for batch in _batches(sizes):
            try:
                sent = self._send([bodies[index] for index in batch])
            except Undelivered as error:
                # Raised, it would say so of the batches before as well. Those after it would wait as long for nothing.
                failure = PutFailure(str(error), error.retryable)
                return [failure if index in batch else result for index, result in enumerate(results)]
            for index, result in zip(batch, sent, strict=True):
                results[index] = result
        return results

    def _send(self, bodies: Sequence[str]) -> PutResults:
        entries = [{"Id": str(number), "MessageBody": body, **self._more} for number, body in enumerate(bodies)]
        try:
            payload = orjson.dumps({"QueueUrl": self._queue_url, "Entries": entries})
        except orjson.JSONEncodeError:  # half of a surrogate pair, which is no text
            return [PutFailure("not text that a queue takes", retryable=False)] * len(bodies)
        try:
            answer = self._client.call("SendMessageBatch", payload, seconds=self._seconds)
        except Refused as refused:
            return [PutFailure(refused.code, refused.retryable)] * len(bodies)
        taken = {row.get("Id") for row in _rows(answer, "Successful")}
        failed = {row.get("Id"): row for row in _rows(answer, "Failed")}
        return [None if entry["Id"] in taken else _failure(failed.get(entry["Id"])) for entry in entries]


def _batches(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Yield the indexes that one call takes each, in order; what is too long for a message is left out.

    The bytes of a call are bounded by the same number as those of a message.
    """
    batch: list[int] = []
    total = 0
    for index, size in enumerate(sizes):
        if size > MAX_MESSAGE_BYTES:
            continue
        if batch and (len(batch) == MAX_MESSAGES_PER_SEND or total + size > MAX_MESSAGE_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(index)
        total += size
    if batch:
        yield batch


def _rows(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = answer.get(name)
    return rows if isinstance(rows, list) else []


def _failure(row: dict[str, Any] | None) -> PutFailure:
    if row is None:
        return PutFailure("not spoken of in the answer", retryable=True)
    code = plain_code(row.get("Code"))
    return PutFailure(code, not row.get("SenderFault") or is_passing(code, 0))
