"""Destinations in memory, which a test can make refuse, and what they are written as."""

from itertools import islice

from connectors.lake.capabilities import CAPABILITIES as LAKE_CAPABILITIES
from connectors.postgres.capabilities import CAPABILITIES as POSTGRES_CAPABILITIES
from domain.delivery.connectors import Capabilities, CheckStep, failed_step
from domain.errors import Undelivered

PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nthe-secret-of-the-service-account\n-----END PRIVATE KEY-----\n"
CREDENTIALS = {
    "type": "service_account",
    "project_id": "my-project",
    "private_key_id": "0123456789",
    "private_key": PRIVATE_KEY,
    "client_email": "ingest@my-project.iam.gserviceaccount.com",
    "client_id": "1234567890",
    "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    "token_uri": "https://oauth2.googleapis.com/token",
    "universe_domain": "googleapis.com",
}
AUDIENCE = "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/aws/providers/ingest"
WORKLOAD_IDENTITY = {
    "universe_domain": "googleapis.com",
    "type": "external_account",
    "audience": AUDIENCE,
    "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
    "token_url": "https://sts.googleapis.com/v1/token",
    "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
    "ingest@my-project.iam.gserviceaccount.com:generateAccessToken",
    "credential_source": {
        "environment_id": "aws1",
        "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
        "url": "http://169.254.169.254/latest/meta-data/iam/security-credentials",
        "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
    },
}
BUCKET = {
    "type": "s3",
    "bucket": "my-events",
    "prefix": "raw/",
    "region": "eu-west-1",
    "role_arn": "arn:aws:iam::123456789012:role/ingest",
}
BIGQUERY = {"type": "bigquery", "project": "my-project", "dataset": "events", "location": "EU"}

HTTP = {"type": "http", "url": "https://events.example.com/in"}
SQS = {
    "type": "sqs",
    "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/events",
    "role_arn": "arn:aws:iam::123456789012:role/ingest",
}
KINESIS = {
    "type": "kinesis",
    "stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/events",
    "role_arn": "arn:aws:iam::123456789012:role/ingest",
}
EVENTBRIDGE = {
    "type": "eventbridge",
    "bus_arn": "arn:aws:events:eu-west-1:123456789012:event-bus/events",
    "role_arn": "arn:aws:iam::123456789012:role/ingest",
}

POSTGRES_PASSWORD = "the-password-of-the-database"
POSTGRES = {
    "type": "postgres",
    "dsn": f"postgresql://ingest:{POSTGRES_PASSWORD}@db.example.com/warehouse",
    "schema": "events",
}


class MemorySecrets:
    """Implements `SecretStore`."""

    def __init__(self):
        self.secrets = {}

    def put(self, name, secret):
        self.secrets[name] = secret

    def get(self, name):
        return self.secrets.get(name)

    def delete(self, name):
        self.secrets.pop(name, None)


class FakeConnector:
    """Implements `Connector`: notes what it is asked for, and refuses while `reason` is set."""

    def __init__(self, *, has_tables):
        self.capabilities = Capabilities(has_tables=has_tables, needs_identity=has_tables, needs_writer=has_tables)
        self.reason = None
        self.checked = []
        self.tables = []
        self.views = []
        self.view_holds = 100
        self.apart = []

    def check(self, target):
        self.checked.append(target)
        return [CheckStep("connect"), CheckStep("write") if self.reason is None else failed_step("write", self.reason)]

    def make_tables(self, target, tables):
        if self.reason:
            raise Undelivered(self.reason)
        self.tables += [table.name for table in tables]
        return self.apart

    def make_views(self, target, tables):
        if self.reason:
            raise Undelivered(self.reason)
        self.views.append([table.name for table in tables])

    def view_takes(self, target, newest_first):
        return [table.revision_id for table in islice(newest_first, self.view_holds)]

    def left_out_by_kind(self, target, tables):
        left_out = {}
        for table in tables[: -self.view_holds]:
            for field in table.fields:
                if "when" in field:
                    left_out.setdefault(field["key"], []).append(table.revision_id)
        return left_out


class FakeConnectors:
    """A deployment's connectors, one of each kind."""

    def __init__(self):
        self.s3 = FakeConnector(has_tables=False)
        self.bigquery = FakeConnector(has_tables=True)
        self.postgres = FakeConnector(has_tables=True)
        self.postgres.capabilities = POSTGRES_CAPABILITIES
        self.http = FakeConnector(has_tables=False)
        self.sqs = FakeConnector(has_tables=False)
        self.kinesis = FakeConnector(has_tables=False)
        self.eventbridge = FakeConnector(has_tables=False)
        self.lake = FakeConnector(has_tables=True)
        self.lake.capabilities = LAKE_CAPABILITIES

    def __call__(self, kind):
        return vars(self).get(kind)
