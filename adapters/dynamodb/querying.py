"""All items of a partition, or of a part of it, read page by page; loads no SDK."""

from collections.abc import Iterator
from typing import Any

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import PARTITION_KEY, SORT_KEY


def query_items(
    call: Call,
    table: str,
    partition: str,
    *,
    between: tuple[str, str] | None = None,
    prefix: str = "",
    is_consistent: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the items of a partition in order of their sort keys.

    Either `between` takes those from one sort key to another, both inclusive, or `prefix` those that start with it.
    Reads that are not consistent cost half: what was written within about the last second may be missing.
    """
    condition, values = "#pk = :pk", {":pk": {"S": partition}}
    if between is not None:
        condition += " AND #sk BETWEEN :first AND :last"
        values |= {":first": {"S": between[0]}, ":last": {"S": between[1]}}
    elif prefix:
        condition += " AND begins_with(#sk, :prefix)"
        values[":prefix"] = {"S": prefix}
    request: dict[str, Any] = {
        "TableName": table,
        "ConsistentRead": is_consistent,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": {"#pk": PARTITION_KEY, **({"#sk": SORT_KEY} if "#sk" in condition else {})},
        "ExpressionAttributeValues": values,
    }
    while True:
        answer = call("query", request)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
