"""Dead letters of SQS queues: looked at by receiving them for some seconds, sent again by hand.

SQS shows nothing of a queue but what it hands out, some messages at a time and in any order. So a look takes what comes
in a bounded number of calls, and lets it go again at once.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from adapters.aws_failures import translated
from domain.errors import Undelivered
from domain.operations.ports import DeadLetter, QueueState
from schemas.limits import MAX_DEAD_LETTER_BYTES_READ

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

HELD_SECONDS = 30
"""How long what is looked at is hidden from others, should this process end before it lets it go."""
MAX_EMPTY_CALLS = 3
"""After which a queue counts as looked through: one call asks only some of the servers that hold it."""
_PER_CALL = 10
_LOOKED_THROUGH = 1_000


class QueueUrls(NamedTuple):
    """Where a queue is, and the one that takes its dead letters."""

    queue: str
    dead_letters: str


def queues_from_urls(urls: Sequence[str]) -> dict[str, QueueUrls]:
    """Return queues by what the operator calls them, the last word of their names; `spill` of `ingest-prod-spill`.

    Each has one beside it that is called the same and ends in `-dead`.
    """
    return {url.rpartition("/")[2].rpartition("-")[2]: QueueUrls(url, f"{url}-dead") for url in urls}


class _Received(NamedTuple):
    letter: DeadLetter
    receipt: str

    def without_body(self) -> "_Received":
        """Return it as what has to be let go needs it: a body may have a mebibyte."""
        return self._replace(letter=self.letter._replace(body=""))


class SqsDeadLetters:
    """Implements `DeadLetters`."""

    def __init__(
        self,
        client: "SQSClient",
        queues: Mapping[str, QueueUrls],
        *,
        max_bytes: int = MAX_DEAD_LETTER_BYTES_READ,
    ) -> None:
        """Take a client, the queues by name, and after how many bytes of letters a call ends."""
        self._max_bytes = max_bytes
        self._client = client
        self._queues = dict(sorted(queues.items()))

    def queues(self) -> list[QueueState]:
        return [
            QueueState(name, self._depth(urls.queue), self._depth(urls.dead_letters))
            for name, urls in self._queues.items()
        ]

    def letters(self, queue: str, limit: int) -> list[DeadLetter]:
        url = self._queues[queue].dead_letters
        letters: list[DeadLetter] = []
        looked_at: list[_Received] = []
        size = 0
        for received in self._received(url, limit):
            letters.append(received.letter)
            looked_at.append(received.without_body())
            size += len(received.letter.body)
            if size >= self._max_bytes:
                break
        self._let_go(url, looked_at)
        return sorted(letters, key=lambda letter: letter.sent_ns)

    def find(self, queue: str, letter_id: str) -> DeadLetter | None:
        url = self._queues[queue].dead_letters
        found: DeadLetter | None = None
        looked_at: list[_Received] = []
        for received in self._received(url, _LOOKED_THROUGH):
            looked_at.append(received.without_body())
            if received.letter.id == letter_id:
                found = received.letter
        self._let_go(url, looked_at)
        return found

    def send_again(self, queue: str, letter_ids: Sequence[str] | None, limit: int) -> int:
        urls = self._queues[queue]
        wanted = None if letter_ids is None else set(letter_ids)
        most = limit if wanted is None else _LOOKED_THROUGH
        moved = size = 0
        passed: list[_Received] = []
        for received in self._received(urls.dead_letters, most):
            if wanted is not None and received.letter.id not in wanted:
                passed.append(received.without_body())
                continue
            # Sent before it is removed: what fails in between is there twice, which every receiver takes without harm.
            with translated("send a dead letter again", forbidden_is_misconfigured=False):
                self._client.send_message(QueueUrl=urls.queue, MessageBody=received.letter.body)
                self._client.delete_message(QueueUrl=urls.dead_letters, ReceiptHandle=received.receipt)
            moved += 1
            size += len(received.letter.body)
            if moved == limit or moved == len(wanted or ()) or size >= self._max_bytes:
                break
        self._let_go(urls.dead_letters, passed)
        return moved

    def _received(self, url: str, limit: int) -> Iterator[_Received]:
        seen: set[str] = set()
        empty = 0
        while len(seen) < limit and empty < MAX_EMPTY_CALLS:
            with translated("look at dead letters", forbidden_is_misconfigured=False):
                answer = self._client.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=min(_PER_CALL, limit - len(seen)),
                    VisibilityTimeout=HELD_SECONDS,
                    MessageSystemAttributeNames=["SentTimestamp"],
                )
            messages = answer.get("Messages", [])
            empty = 0 if messages else empty + 1
            for message in messages:
                letter_id = message["MessageId"]
                if letter_id not in seen:
                    seen.add(letter_id)
                    sent_ns = int(message.get("Attributes", {}).get("SentTimestamp", "0")) * 1_000_000
                    yield _Received(DeadLetter(letter_id, sent_ns, message["Body"]), message["ReceiptHandle"])

    def _let_go(self, url: str, received: Sequence[_Received]) -> None:
        for start in range(0, len(received), _PER_CALL):
            entries = [
                {"Id": str(number), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
                for number, each in enumerate(received[start : start + _PER_CALL])
            ]
            try:
                with translated("let dead letters go", forbidden_is_misconfigured=False):
                    self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
            except Undelivered:
                return  # they come back automatically

    def _depth(self, url: str) -> int:
        with translated("count a queue's messages", forbidden_is_misconfigured=False):
            answer = self._client.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )
        return sum(int(count) for count in answer["Attributes"].values())
