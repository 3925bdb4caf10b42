"""What was offered to all handlers, by window of ten seconds, in DynamoDB: an item for each environment.

One update adds what one handler was offered and returns what all were: its windows are attributes of the item. Those
that are over go with a later update of a handler that has seen them; an environment without requests loses its item by
DynamoDB's own expiry.
"""

import threading
from collections.abc import Mapping

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import TTL_ATTRIBUTE
from adapters.dynamodb.reading import key_attributes
from domain.metering.rates import WINDOW_SECONDS
from schemas.items import ItemKey

KEPT_WINDOWS = 6
_EXPIRY_SECONDS = 3_600
_MAX_ENVIRONMENTS_SEEN = 10_000
_WINDOW = "w"


class DynamoRates:
    """Implements `RateLedger`; safe to use from several threads.

    An update whose answer got lost is tried again and then counts twice: for the half minute in which that is of
    meaning, a rate looks higher than it was.
    """

    def __init__(self, call: Call, table: str) -> None:
        self._call = call
        self._table = table
        self._lock = threading.Lock()
        self._seen: dict[str, set[int]] = {}
        """The windows of each environment that were in the last answer."""

    def exchange(self, environment_id: str, offered: Mapping[int, int]) -> Mapping[int, int]:
        if not offered:
            return {}
        latest = max(offered)
        with self._lock:
            seen = self._seen.pop(environment_id, set())
        over = sorted(window for window in seen if window < latest - KEPT_WINDOWS)
        added = {window: events for window, events in offered.items() if events}
        answer = self._call("update_item", self._update(environment_id, added, over, latest))
        known = {
            int(name.removeprefix(_WINDOW)): int(value["N"])
            for name, value in answer["Attributes"].items()
            if name.removeprefix(_WINDOW).isdigit()
        }
        with self._lock:
            if len(self._seen) >= _MAX_ENVIRONMENTS_SEEN:
                self._seen.clear()
            self._seen[environment_id] = set(known)
        return {window: known.get(window, 0) for window in offered}

    def _update(
        self, environment_id: str, added: Mapping[int, int], over: list[int], latest: int
    ) -> Mapping[str, object]:
        names = {f"#w{window}": f"{_WINDOW}{window}" for window in (*added, *over)}
        values = {f":w{window}": {"N": str(events)} for window, events in added.items()}
        expression = "SET #ttl = :ttl"
        if added:
            expression += " ADD " + ", ".join(f"#w{window} :w{window}" for window in added)
        if over:
            expression += " REMOVE " + ", ".join(f"#w{window}" for window in over)
        expires_at = latest * WINDOW_SECONDS + _EXPIRY_SECONDS
        return {
            "TableName": self._table,
            "Key": key_attributes(ItemKey(f"RATE#{environment_id}", "RATE")),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": {"#ttl": TTL_ATTRIBUTE, **names},
            "ExpressionAttributeValues": {":ttl": {"N": str(expires_at)}, **values},
            "ReturnValues": "ALL_NEW",
        }
