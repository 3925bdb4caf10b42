"""The connectors of a deployment on AWS, for every function there that needs them."""

import os
import time
from collections.abc import Sequence

from adapters.s3.users_buckets import users_bucket
from adapters.users_roles import Role, UsersRoles, make_client
from connectors.registry import connectors_from
from connectors.s3.connector import S3Connector
from domain.delivery.connectors import Connector, Connectors, Target
from domain.delivery.entries import EntryCalls
from domain.delivery.ports import ObjectStore
from domain.web_places import addresses_within


def aws_connectors(
    own_buckets: Sequence[str],
    identity_role_arn: str | None,
    bigquery_emulator_host: str | None,
    *,
    postgres_networks: Sequence[str] = (),
    aws_is_emulated: bool = False,
    lake_function: str | None = None,
) -> Connectors:
    """Return them; no client is made before it is needed.

    Args:
        own_buckets: the deployment's, which no destination may name.
        identity_role_arn: the role that vouches for organisations towards Google, if there is one.
        bigquery_emulator_host: host and port of what stands for BigQuery; None for Google's own.
        postgres_networks: private networks, as CIDR, whose databases may be written to besides those of the Internet.
        aws_is_emulated: whether targets over HTTP and databases may be ports of the machine that all of this runs on.
        lake_function: the function that reaches tables of lakes; without it there are no lakes.
    """

    def s3() -> Connector:
        buckets = UsersRoles(make_client(), time.time_ns, users_bucket)

        def open_bucket(target: Target) -> ObjectStore:
            return buckets.client(_role_of(target, target.destination["region"]))

        return S3Connector(open_bucket, own_buckets)

    def bigquery() -> Connector:
        # Google's client takes a third of a second to load: only who delivers to BigQuery waits for it.
        from adapters import aws_identity  # noqa: PLC0415
        from connectors.bigquery.connector import BigQueryConnector  # noqa: PLC0415

        identity = None
        if identity_role_arn is not None:
            region = os.environ["AWS_REGION"]
            identity = aws_identity.OrganisationIdentity(
                aws_identity.make_client(), identity_role_arn, region, time.time_ns
            )
        return BigQueryConnector(emulator_host=bigquery_emulator_host, aws_identity=identity)

    def sqs() -> Connector:
        from adapters.sqs.users_queues import UsersQueue, users_queues  # noqa: PLC0415
        from connectors.sqs.connector import region_of_queue, sqs_connector  # noqa: PLC0415

        queues = UsersRoles(make_client(), time.time_ns, users_queues)

        def open_queue(target: Target) -> EntryCalls:
            url = target.destination["queue_url"]
            return UsersQueue(queues.client(_role_of(target, region_of_queue(url))), url)

        return sqs_connector(open_queue)

    def kinesis() -> Connector:
        from adapters.kinesis import UsersStream, users_streams  # noqa: PLC0415
        from connectors.kinesis.connector import kinesis_connector  # noqa: PLC0415

        streams = UsersRoles(make_client(), time.time_ns, users_streams)

        def open_stream(target: Target) -> EntryCalls:
            arn = target.destination["stream_arn"]
            return UsersStream(streams.client(_role_of(target, region_of_arn(arn))), arn)

        return kinesis_connector(open_stream)

    def eventbridge() -> Connector:
        from adapters.eventbridge import UsersBus, users_buses  # noqa: PLC0415
        from connectors.eventbridge.connector import eventbridge_connector  # noqa: PLC0415

        buses = UsersRoles(make_client(), time.time_ns, users_buses)

        def open_bus(target: Target) -> EntryCalls:
            arn = target.destination["bus_arn"]
            return UsersBus(buses.client(_role_of(target, region_of_arn(arn))), arn)

        return eventbridge_connector(open_bus)

    def http() -> Connector:
        from adapters.web_client import WebClient  # noqa: PLC0415 - TLS is loaded by who delivers so, and not before
        from connectors.http.connector import HttpConnector  # noqa: PLC0415

        return HttpConnector(WebClient(own_machine=aws_is_emulated))

    def postgres() -> Connector:
        from adapters.postgres import PostgresClient  # noqa: PLC0415 - the driver is loaded by who delivers so
        from connectors.postgres.connector import PostgresConnector  # noqa: PLC0415

        allows = addresses_within(postgres_networks)
        return PostgresConnector(PostgresClient(own_machine=aws_is_emulated, allows=allows))

    def lake() -> Connector:
        # What a lake's tables need takes more room than all else together: its writer alone has it.
        from adapters import lambda_functions  # noqa: PLC0415
        from connectors.lake.asking import AskingLake  # noqa: PLC0415

        assert lake_function is not None
        return AskingLake(lambda_functions.OtherFunction(lambda_functions.make_client(), lake_function))

    lakes = {} if lake_function is None else {"lake": lake}
    kinds = {"http": http, "postgres": postgres, "sqs": sqs, "kinesis": kinesis, "eventbridge": eventbridge}
    return connectors_from({"s3": s3, "bigquery": bigquery, **kinds, **lakes})


def region_of_arn(arn: str) -> str:
    """Return where a resource is."""
    return arn.split(":")[3]


def _role_of(target: Target, region: str) -> Role:
    return Role(target.destination["role_arn"], target.organisation_id, region)
