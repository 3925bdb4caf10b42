"""The usage writer, as it ships: what takes the tallies of all handlers, and adds them up.

A tick's tallies are alike. So a few of them are taken, and one turn is folded, by the product's own code on a table in
memory; what that reads and writes stands for all of the tick.
"""

import math
import random
import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from adapters.dynamodb.usage_folding import DynamoUsageFolder
from adapters.dynamodb.usage_sheets import TALLIES_PER_SHEET
from adapters.tallies import packed, text_of
from benchmarks.scale import declared
from benchmarks.scale.handlers import COUNTERS, Kind
from benchmarks.scale.quotas import ASSUMED, BATCH_BYTES, SQS_CHUNK_BYTES, TRANSACTION_UNITS
from benchmarks.scale.services import Services
from domain.metering.ports import UsageSums
from schemas.limits import COUNTER_FLUSH_SECONDS, USAGE_FOLD_SECONDS

_KIB = 1_024
_PAGE_BYTES = 2**20
_STEPS = 2
"""Rates that differ by less than so many to a doubling are taken for the same."""
_SHARE_STEPS = 10
_DIFFERENT_TALLIES = 20
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


class Work(NamedTuple):
    """What the usage writer does with tallies that come at some rate; all by the second, but for the last four."""

    tallies: float
    write_units: float
    read_units: float
    queue_calls: float
    runs: float
    run_seconds: float
    tally_bytes: float
    sheets: int
    """That a turn takes."""
    transactions: int
    fold_seconds: float


class Counting:
    """The queue of tallies and what it feeds."""

    def __init__(self, services: Services, kinds: Sequence[Kind], seed: int) -> None:
        self._services = services
        self._kinds = kinds
        self._rng = random.Random(seed)
        self._spec = declared.function("usage_writer")
        self._works: dict[Any, Work] = {}
        self._ids = {
            (kind.name, number): [self._id(prefix) for prefix in ("env", "rev", "ep", "org")]
            for kind in kinds
            for number in range(kind.count)
        }
        self.most: dict[str, Work] = {}
        """By phase of the day, of the tick in which it wrote the most."""

    def work(
        self,
        phase: str,
        seconds: float,
        handlers: float,
        in_tally: Mapping[str, float],
        in_fold: Mapping[str, float],
    ) -> None:
        """Let the queue feed the usage writer for some seconds, while so many handlers are busy.

        `in_tally` and `in_fold` are the parts of each kind's environments that had a request to one handler in ten
        seconds, and to any within a turn.
        """
        rate = max(1.0, handlers) / COUNTER_FLUSH_SECONDS
        step = round(math.log2(rate) * _STEPS)
        shares = [
            tuple(round(share[kind.token] * _SHARE_STEPS) / _SHARE_STEPS for kind in self._kinds)
            for share in (in_tally, in_fold)
        ]
        key = (step, *shares)
        if key not in self._works:
            self._works[key] = self._measured(2.0 ** (step / _STEPS), *shares)
        work = self._works[key]
        meters = self._services.meters
        meters.use("write_units", work.write_units * seconds)
        meters.use("counter_units", work.write_units * seconds)
        meters.use("read_units", work.read_units * seconds)
        meters.use("queue_calls", work.queue_calls * seconds)
        meters.use("tallies", rate * seconds)
        meters.use("usage_writer_calls", work.runs * seconds)
        meters.use("usage_writer_seconds", work.run_seconds * seconds)
        meters.tables.hold(f"writes {COUNTERS}", work.write_units)
        meters.tables.hold(f"reads {COUNTERS}", work.read_units)
        before = self.most.get(phase)
        if before is None or work.write_units > before.write_units:
            self.most[phase] = work

    def _measured(self, rate: float, in_tally: Sequence[float], in_fold: Sequence[float]) -> Work:
        size = packed(self._rows(in_tally))[1] * ASSUMED.deflated_share * 4 / 3
        batch = min(self._spec["batch_size"], BATCH_BYTES / size, max(1.0, rate * self._spec["batch_seconds"]))
        runs = rate / batch
        taking = Table()
        folder = self._folder(taking)
        count = max(1, min(round(batch), TALLIES_PER_SHEET))
        some = [packed(self._rows(in_tally))[0] for _ in range(min(count, _DIFFERENT_TALLIES))]
        folder.take([text_of(some[place % len(some)]) for place in range(count)])
        taken = taking.sheets / count
        folds = min(runs, 1 / USAGE_FOLD_SECONDS)
        sheets = max(1, math.ceil(rate * taken / folds))
        union = packed(self._rows(in_fold))[0]
        folding = Table()
        folder = self._folder(folding)
        for _ in range(sheets):
            folder.take([text_of(union)])
        folding.begin()
        folder.fold()
        rows = rate * sum(share * kind.count for share, kind in zip(in_tally, self._kinds, strict=True))
        return Work(
            tallies=rate,
            write_units=taking.write_units / count * rate + folding.write_units * folds,
            read_units=folding.read_units * folds,
            # One sends, one receives and one deletes ten at a time, each by started chunks of what they hold.
            queue_calls=rate * (2 * math.ceil(size / SQS_CHUNK_BYTES) + 0.1),
            runs=runs,
            run_seconds=runs * taking.seconds + rows * ASSUMED.counted_row_seconds + folds * folding.seconds,
            tally_bytes=size,
            sheets=sheets,
            transactions=folding.transactions,
            fold_seconds=folding.seconds,
        )

    def _folder(self, table: "Table") -> DynamoUsageFolder:
        return DynamoUsageFolder(
            table, COUNTERS, lambda: 10**18, draw=lambda: uuid.UUID(int=self._rng.getrandbits(128), version=4)
        )

    def _rows(self, shares: Sequence[float]) -> list[UsageSums]:
        rows = []
        for share, kind in zip(shares, self._kinds, strict=True):
            for number in self._rng.sample(range(kind.count), max(1, round(share * kind.count))):
                environment_id, revision_id, endpoint_id, organisation_id = self._ids[kind.name, number]
                requests = self._rng.randint(1, 2_000)
                rows.append(
                    UsageSums(
                        environment_id,
                        revision_id,
                        1_793_600_040,
                        requests=requests,
                        accepted=requests,
                        bytes_accepted=requests * self._rng.randint(250, 350),
                        bytes_received=requests * self._rng.randint(250, 350),
                        endpoint_id=endpoint_id,
                        organisation_id=organisation_id,
                    )
                )
        return rows

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{''.join(self._rng.choices(_DIGITS, k=26))}"


class Table:
    """A table for one process that nothing goes wrong for: it keeps what is put, and bills all."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._stripes: dict[str, float] = {}
        self.begin()

    def begin(self) -> None:
        """Bill anew."""
        self.write_units = self.read_units = 0.0
        self.transactions = 0
        self._serial = 0.0
        self._stripes.clear()

    @property
    def sheets(self) -> int:
        return sum(pk.startswith("USAGE_SHEETS#") for pk, _ in self._items)

    @property
    def seconds(self) -> float:
        """How long the calls take, those of stripes side by side."""
        return self._serial + max(self._stripes.values(), default=0.0)

    def __call__(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            answer: dict[str, Any] = getattr(self, f"_{operation}")(request)
            return answer

    def _get_item(self, request: Mapping[str, Any]) -> dict[str, Any]:
        key = _key(request["Key"])
        if key[0].startswith("USAGE_OWNER#"):
            # A writer that has run before knows it.
            text = {"S": "known"}
            return {"Item": {"organisation_id": {"S": key[0]}, "endpoint_id": text, "nothing_waits": text}}
        self._serial += ASSUMED.get_seconds
        item = self._items.get(key)
        self.read_units += 1
        return {} if item is None else {"Item": item}

    def _query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        pk = request["ExpressionAttributeValues"][":pk"]["S"]
        found: list[dict[str, Any]] = []
        size = 0
        for key in sorted(key for key in self._items if key[0] == pk):
            size += _size(self._items[key])
            if len(found) == request["Limit"] or size > _PAGE_BYTES:
                break
            found.append(self._items[key])
        self._serial += ASSUMED.get_seconds
        self.read_units += max(1, math.ceil(sum(map(_size, found)) / (4 * _KIB)))
        waiting = sum(key[0] == pk for key in self._items)
        return {"Items": found, **({"LastEvaluatedKey": {}} if waiting > len(found) else {})}

    def _delete_item(self, request: Mapping[str, Any]) -> dict[str, Any]:
        item = self._items.pop(_key(request["Key"]))
        self._serial += ASSUMED.write_seconds
        self.write_units += math.ceil(_size(item) / _KIB)
        return {}

    def _update_item(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._serial += ASSUMED.write_seconds
        # The turn is closed: what it named is gone.
        item = self._items[_key(request["Key"])]
        self.write_units += math.ceil(_size(item) / _KIB)
        self._items[_key(request["Key"])] = {**item, "sheets": {"S": ""}, "tasks": {"S": ""}}
        return {}

    def _transact_write_items(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.transactions += 1
        stripe = ""
        for write in request["TransactItems"]:
            if "Put" in write:
                item = write["Put"]["Item"]
                self._items[_key(item)] = item
                self.write_units += TRANSACTION_UNITS * math.ceil(_size(item) / _KIB)
            else:
                pk, sk = _key(write["Update"]["Key"])
                stripe = sk if pk == "USAGE_FOLD" else stripe
                self.write_units += TRANSACTION_UNITS
        if stripe:
            self._stripes[stripe] = self._stripes.get(stripe, 0.0) + ASSUMED.transaction_seconds
        else:
            self._serial += ASSUMED.transaction_seconds
        return {}


def _key(attributes: Mapping[str, Any]) -> tuple[str, str]:
    return attributes["pk"]["S"], attributes["sk"]["S"]


def _size(item: Mapping[str, Any]) -> float:
    """Return the bytes of an item; rows by their text, since not every machine deflates to the same byte."""
    size = 0.0
    for name, value in item.items():
        ((_, content),) = value.items()
        size += len(name)
        size += int(item["text_bytes"]["N"]) * ASSUMED.deflated_share if name == "rows" else len(content)
    return size
