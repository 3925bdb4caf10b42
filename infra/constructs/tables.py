"""The DynamoDB tables, as `adapters/dynamodb/definition.py` defines them."""

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from adapters.dynamodb import definition


class Tables(Construct):
    """The catalog, what is counted, and live events: all on demand, so that nothing has to be sized."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        keep_data: bool,
        instead: Mapping[str, str | None],
    ) -> None:
        """Make them, encrypted with `key`.

        Args:
            scope: see CDK.
            construct_id: see CDK.
            key: encrypts them, and those that take their place.
            keep_data: they outlive the stack, but for live events.
            instead: by purpose, the name of a table that takes the place of the one that is made, if there is one.
        """
        super().__init__(scope, construct_id)
        self._key = key
        self.catalog = self._table(definition.CATALOG, keep_data, instead.get(definition.CATALOG.purpose))
        self.counters = self._table(definition.COUNTERS, keep_data, instead.get(definition.COUNTERS.purpose))
        self.taps = self._table(definition.TAPS, keep_data, None)

    def _table(self, table: definition.TableDefinition, keep_data: bool, instead: str | None) -> dynamodb.ITable:
        made = self._make(table, keep_data)
        # Exported whether or not it is used: an export that another stack still imports can't go, and so no deploy
        # could change which table is used.
        for name in (made.table_name, made.table_arn):
            Stack.of(self).export_value(name)
        if instead is None:
            return made
        arn = Stack.of(self).format_arn(service="dynamodb", resource="table", resource_name=instead)
        return dynamodb.Table.from_table_attributes(
            self, f"{table.purpose.title()}InUse", table_arn=arn, encryption_key=self._key
        )

    def _make(self, table: definition.TableDefinition, keep_data: bool) -> dynamodb.Table:
        is_kept = keep_data and table.deletion_protection
        return dynamodb.Table(
            self,
            table.purpose.title(),
            partition_key=dynamodb.Attribute(name=definition.PARTITION_KEY, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=definition.SORT_KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode[definition.BILLING_MODE],
            time_to_live_attribute=definition.TTL_ATTRIBUTE,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=table.is_backed_up
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self._key,
            deletion_protection=is_kept,
            removal_policy=RemovalPolicy.RETAIN if is_kept else RemovalPolicy.DESTROY,
        )
