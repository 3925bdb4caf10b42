"""The tables as DynamoDB has to make them; what makes one takes it from here."""

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION_KEY = "pk"
SORT_KEY = "sk"
"""Both are strings; DynamoDB orders them by their UTF-8 bytes, which is by code points."""
TTL_ATTRIBUTE = "expires_at"
"""Unix seconds. DynamoDB deletes some time after it, within days; until then it is the reader who must look."""
BILLING_MODE: Final = "PAY_PER_REQUEST"


class TableDefinition(NamedTuple):
    """What tells one table from the other; all else is above."""

    purpose: str
    deletion_protection: bool
    """Whether a deployment that is taken down leaves the table where it is."""
    is_backed_up: bool = True
    """Whether it can be brought back to any moment of the last 35 days."""


CATALOG = TableDefinition("catalog", deletion_protection=True)
"""Endpoints, revisions, environments, members: `adapters/dynamodb/table.py`."""
COUNTERS = TableDefinition("counters", deletion_protection=True)
"""Usage and rates: `adapters/dynamodb/usage_items.py`, `adapters/dynamodb/rates.py`."""
TAPS = TableDefinition("taps", deletion_protection=False, is_backed_up=False)
"""Live events of the last hour: `adapters/dynamodb/taps.py`. A backup would keep them for longer."""
TABLES = (CATALOG, COUNTERS, TAPS)


def create_table(client: "DynamoDBClient", name: str, table: TableDefinition = CATALOG) -> None:
    """Make a table and wait until it can be used; one that is there stays as it is, its settings aside."""
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
                {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": PARTITION_KEY, "AttributeType": "S"},
                {"AttributeName": SORT_KEY, "AttributeType": "S"},
            ],
            BillingMode=BILLING_MODE,
        )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] == "DISABLED":
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        )
    client.update_continuous_backups(
        TableName=name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": table.is_backed_up},
    )
