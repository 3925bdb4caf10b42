"""The DynamoDB tables, as `adapters/dynamodb/definition.py` defines them."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from adapters.dynamodb import definition


class Tables(Construct):
    """The catalog, and what is counted: both on demand, so that nothing has to be sized."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey, keep_data: bool) -> None:
        """Make them, encrypted with `key`."""
        super().__init__(scope, construct_id)
        self.catalog = self._table(definition.CATALOG, key, keep_data)
        self.counters = self._table(definition.COUNTERS, key, keep_data)

    def _table(self, table: definition.TableDefinition, key: kms.IKey, keep_data: bool) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            table.purpose.title(),
            partition_key=dynamodb.Attribute(name=definition.PARTITION_KEY, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=definition.SORT_KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode[definition.BILLING_MODE],
            time_to_live_attribute=definition.TTL_ATTRIBUTE,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=definition.POINT_IN_TIME_RECOVERY
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            deletion_protection=keep_data and table.deletion_protection,
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )
