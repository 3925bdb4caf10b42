"""The one thing that adapters on DynamoDB need of it: a call, in the low-level form in which it travels.

So they run on the SDK's client (`adapters.dynamodb.calls`) and, at ingest, on a signed request that needs no SDK.
"""

from collections.abc import Mapping
from typing import Any, Protocol


class Call(Protocol):
    """Calls an operation, such as `get_item`, with a request and an answer as the SDK's low-level client has them.

    Values are `{"S": text}`, `{"N": digits}` and `{"B": bytes}`. A call that may be repeated is tried again where time
    helps.
    """

    def __call__(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer.

        Raises:
            domain.items.Conflict: a condition did not hold; of a transaction it says which ones.
            Undelivered: the call was not done, or it is not known whether it was.
        """
        ...
