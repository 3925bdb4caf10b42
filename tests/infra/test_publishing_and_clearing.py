"""What `make deploy` does after the stacks are there, and `make destroy` before they go."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from adapters.acm import AcmCertificates
from adapters.api_gateway import DEPLOYMENT_TAG
from adapters.dynamodb.definition import create_table
from adapters.dynamodb.table import DynamoTable
from domain.client_script import HASH
from domain.errors import Misconfigured
from domain.http import HttpRequest
from domain.intake.page_script import script_answer
from domain.records.keys import custom_domain_key
from domain.records.ports import Put
from infra.clearing import clear_logs, clear_stage, empty, state_that_goes
from infra.domains_left import remove_domains
from infra.publishing import STATUS_METADATA, Built, config_from, files_of, publish
from infra.settings.stage import StageSettings
from tests.moto_balancer import make_balancer

OUTPUTS = {
    "ConsoleBucketName": "console-files",
    "DistributionId": "E1",
    "SignInPage": "https://page.example",
    "SignInClientId": "c1",
}


class NotedInvalidations:
    """CloudFront, as far as publishing goes."""

    def __init__(self):
        self.paths = []

    def create_invalidation(self, **request):
        paths = request["InvalidationBatch"]["Paths"]
        assert request["DistributionId"] == "E1"
        assert paths["Quantity"] == len(paths["Items"])
        self.paths += paths["Items"]


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


@pytest.fixture
def built(tmp_path):
    names = {
        "console": ("index.html", "icon.svg", "assets/main-1a2b.js", ".sources-123"),
        "docs": ("index.html", "errors.html", "404.html", "assets/app.1a2b.js", ".sources-123"),
    }
    for folder, files in names.items():
        (tmp_path / folder / "assets").mkdir(parents=True)
        for name in files:
            (tmp_path / folder / name).write_text(name)
    return Built(tmp_path / "console", tmp_path / "docs")


def test_files_go_up_with_the_page_last_and_what_asks_for_nothing_of_them_stays(built):
    keys = [file.key for file in files_of(built, OUTPUTS)]
    assert keys == [
        *("assets/main-1a2b.js", "docs/assets/app.1a2b.js", f"js/ingest.{HASH}.js"),
        *("config.json", "docs/404.html", "docs/errors.html", "docs/index.html", "icon.svg", "js/ingest.js"),
        "index.html",
    ]


@pytest.mark.usefixtures("aws")
def test_published_files_are_cached_for_ever_only_where_their_name_changes(built):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="console-files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    cloudfront = NotedInvalidations()
    assert publish(s3, cloudfront, OUTPUTS, built) == 10
    script = s3.get_object(Bucket="console-files", Key="assets/main-1a2b.js")
    assert "immutable" in script["CacheControl"]
    assert script["ContentType"].startswith("text/javascript")
    page = s3.get_object(Bucket="console-files", Key="index.html")
    assert page["CacheControl"] == "no-cache"
    assert page["ContentType"] == "text/html; charset=utf-8"
    config = json.loads(s3.get_object(Bucket="console-files", Key="config.json")["Body"].read())
    assert config == {"sign_in": {"kind": "hosted_page", "page": "https://page.example", "client_id": "c1"}}
    assert sorted(cloudfront.paths) == ["/", "/config.json", "/docs/*", "/icon.svg", "/index.html", "/js/ingest.js"]
    assert "immutable" in s3.get_object(Bucket="console-files", Key="docs/assets/app.1a2b.js")["CacheControl"]
    page = s3.get_object(Bucket="console-files", Key="docs/errors.html")
    assert (page["CacheControl"], page["Metadata"]) == ("no-cache", {})
    missing = s3.get_object(Bucket="console-files", Key="docs/404.html")
    assert missing["Metadata"] == {STATUS_METADATA: "404"}


@pytest.mark.usefixtures("aws")
def test_the_client_for_pages_is_published_as_ingest_serves_it(built):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="console-files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    publish(s3, NotedInvalidations(), OUTPUTS, built)
    for name in ("js/ingest.js", f"js/ingest.{HASH}.js"):
        found = s3.get_object(Bucket="console-files", Key=name)
        request = HttpRequest("GET", f"/{name}", "in.example.com", {}, {}, b"", "203.0.113.7", "req-1")
        served = script_answer(request, f"/{name}")
        assert found["Body"].read() == served.body
        assert found["CacheControl"] == served.headers["Cache-Control"]
        assert found["ContentType"] == served.headers["Content-Type"]


def test_a_deployment_without_sign_in_has_tokens():
    assert config_from({}) == {"sign_in": {"kind": "token"}}


def test_the_console_sends_test_events_to_the_api_where_addresses_are_function_urls():
    said = {"IngestApiUrl": "https://api.example"}
    assert config_from(said) == {"sign_in": {"kind": "token"}, "test_events": "https://api.example"}
    assert config_from({**OUTPUTS, **said})["test_events"] == "https://api.example"


@pytest.mark.parametrize("name", ["console", "docs"])
def test_publishing_fails_while_a_part_is_not_built(built, tmp_path, name):
    with pytest.raises(Misconfigured, match=f"make {name}"):
        files_of(built._replace(**{name: tmp_path}), OUTPUTS)


def make_things(stage):
    """Make what a deployment makes at run time, and something like it of others: one's name begins with its own."""
    firehose, secrets, s3 = (boto3.client(name) for name in ("firehose", "secretsmanager", "s3"))
    account = boto3.client("sts").get_caller_identity()["Account"]
    bucket = f"ingest-{stage}-data-{account}-eu-central-1"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="environment=e/a.gz", Body=body)
    s3.delete_object(Bucket=bucket, Key="environment=e/a.gz")
    for name in (f"ingest-{stage}-env_1-1", f"ingest-{stage}-eu-env_1-1", "ingest-other-env_1-1"):
        firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={
                "RoleARN": f"arn:aws:iam::{account}:role/r",
                "BucketARN": f"arn:aws:s3:::{bucket}",
            },
        )
    for name in (f"ingest-{stage}/env_1", f"ingest-{stage}-eu/env_1", "ingest-other/env_1"):
        secrets.create_secret(Name=name, SecretString="s")
    for name in (
        f"ingest-{stage}-alert-tgt_1",
        f"ingest-{stage}-alarms",
        f"ingest-{stage}-eu-alert-tgt_1",
        "ingest-other-alert-tgt_1",
    ):
        boto3.client("sns").create_topic(Name=name)
    glue = boto3.client("glue")
    for name in (f"ingest_{stage}_org_1", f"ingest_{stage}__eu_org_1", "ingest_other_org_1"):
        glue.create_database(DatabaseInput={"Name": name})
        glue.create_table(DatabaseName=name, TableInput={"Name": "shop"})
    return firehose, secrets, s3, bucket


def database_names():
    return sorted(database["Name"] for database in boto3.client("glue").get_databases()["DatabaseList"])


@pytest.mark.usefixtures("aws")
def test_clearing_takes_what_the_stage_made_and_nothing_of_another():
    firehose, secrets, s3, bucket = make_things("dev")
    said = clear_stage(StageSettings(name="dev", keep_data=False))
    assert firehose.list_delivery_streams()["DeliveryStreamNames"] == ["ingest-dev-eu-env_1-1", "ingest-other-env_1-1"]
    left = {secret["Name"] for secret in secrets.list_secrets()["SecretList"]}
    assert left == {"ingest-dev-eu/env_1", "ingest-other/env_1"}
    topics = {topic["TopicArn"].rpartition(":")[2] for topic in boto3.client("sns").list_topics()["Topics"]}
    assert topics == {"ingest-dev-alarms", "ingest-dev-eu-alert-tgt_1", "ingest-other-alert-tgt_1"}
    assert database_names() == ["ingest_dev__eu_org_1", "ingest_other_org_1"]
    left = s3.list_object_versions(Bucket=bucket)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")
    assert said[:3] == [
        "1 delivery streams, 1 secrets and 1 topics of alerts are gone.",
        "0 custom domains are gone, with their certificates and records.",
        "1 databases of lakes are gone.",
    ]


@pytest.mark.usefixtures("aws")
def test_clearing_takes_nothing_where_data_is_kept():
    firehose, secrets, s3, bucket = make_things("prod")
    said = clear_stage(StageSettings(name="prod"))
    assert len(firehose.list_delivery_streams()["DeliveryStreamNames"]) == 3
    assert len(secrets.list_secrets()["SecretList"]) == 3
    assert len(boto3.client("sns").list_topics()["Topics"]) == 4
    assert database_names() == ["ingest_other_org_1", "ingest_prod__eu_org_1", "ingest_prod_org_1"]
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 2
    assert "keep_data is set for prod" in said[1]


def say(stack, **outputs):
    """Make a stack that has outputs, and hardly more."""
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))


class ServedDomain:
    """A custom domain of a stage, as its functions left it."""

    name = "events.shop.example"

    def __init__(self, stage):
        catalog = f"ingest-{stage}-catalog"
        self.dynamodb, self.gateway, self.acm = (boto3.client(it) for it in ("dynamodb", "apigatewayv2", "acm"))
        create_table(self.dynamodb, catalog)
        say(f"ingest-{stage}-state", CatalogTableName=catalog)
        self.table = DynamoTable(self.dynamodb, catalog, lambda: NOW_NS)
        certificate = AcmCertificates(self.acm, f"ingest-{stage}").request(self.name, "1")
        api_id = self.gateway.create_api(Name="events", ProtocolType="HTTP")["ApiId"]
        self.gateway.create_stage(ApiId=api_id, StageName="$default")
        self.gateway.create_domain_name(
            DomainName=self.name,
            DomainNameConfigurations=[{"CertificateArn": certificate, "EndpointType": "REGIONAL"}],
            Tags={DEPLOYMENT_TAG: f"ingest-{stage}"},
        )
        self.gateway.create_api_mapping(DomainName=self.name, ApiId=api_id, Stage="$default")
        item = {
            "domain": self.name,
            "endpoint_id": "ep_1",
            "environment_id": "env_1",
            "status": "active",
            "status_reason": None,
            "worked_until": 0,
            "looked_at": NOW_NS // 1_000_000_000,
            "reference": certificate,
            "retired": [],
            "dns_records": [],
            "facts": {},
        }
        self.table.transact([Put(custom_domain_key(self.name), item, 0)])

    def item(self):
        return self.table.get(custom_domain_key(self.name))

    def balance(self, stage):
        """Serve it at a load balancer, too; return that and its listener."""
        client = boto3.client("elbv2")
        own = self.acm.request_certificate(DomainName="in.example.com")["CertificateArn"]
        made, listener = make_balancer(client, own)
        client.add_listener_certificates(
            ListenerArn=listener["ListenerArn"], Certificates=[{"CertificateArn": self.item().data["reference"]}]
        )
        client.modify_load_balancer_attributes(
            LoadBalancerArn=made["LoadBalancerArn"],
            Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}],
        )
        say(f"ingest-{stage}-front", BalancerListener=listener["ListenerArn"], BalancerAddress=made["DNSName"])
        return made["LoadBalancerArn"], listener["ListenerArn"]

    def mappings(self):
        return self.gateway.get_api_mappings(DomainName=self.name).get("Items", [])


NOW_NS = 1_780_000_000 * 1_000_000_000


@pytest.mark.usefixtures("aws")
def test_clearing_takes_custom_domains_their_certificates_and_what_was_requested_for_nothing():
    domain = ServedDomain("dev")
    AcmCertificates(domain.acm, "ingest-dev").request("stray.shop.example", "1")
    others = AcmCertificates(domain.acm, "ingest-dev-eu").request("other.shop.example", "1")
    said = clear_stage(StageSettings(name="dev", keep_data=False))
    assert said[1] == "1 custom domains are gone, with their certificates and records."
    assert domain.item() is None
    assert domain.gateway.get_domain_names()["Items"] == []
    keys = {"keyTypes": ["EC_prime256v1", "RSA_2048"]}
    assert [row["CertificateArn"] for row in domain.acm.list_certificates(Includes=keys)["CertificateSummaryList"]] == [
        others
    ]


@pytest.mark.usefixtures("aws")
def test_a_custom_domain_that_does_not_go_is_named_with_its_reason():
    domain = ServedDomain("dev")
    item = domain.item()
    lease = {**item.data, "worked_until": NOW_NS}
    domain.table.transact([Put(item.key, lease, item.version)])
    pauses = []
    with pytest.raises(Misconfigured, match=f"{domain.name}: it is still worked on"):
        remove_domains(StageSettings(name="dev", keep_data=False), lambda: NOW_NS, pauses.append)
    assert sum(pauses) == 600


@pytest.mark.usefixtures("aws")
def test_where_data_is_kept_a_custom_domain_leads_nowhere_and_is_looked_at_by_the_next_deployment():
    domain = ServedDomain("prod")
    assert len(domain.mappings()) == 1
    said = clear_stage(StageSettings(name="prod"))
    assert said[0] == "1 custom domains lead nowhere until the stage is deployed again."
    assert domain.mappings() == []
    assert domain.gateway.get_domain_name(DomainName=domain.name)["DomainName"] == domain.name
    assert (domain.item().data["looked_at"], domain.item().data["status"]) == (0, "active")


def test_a_stage_that_keeps_its_data_keeps_its_state_stack():
    assert state_that_goes(StageSettings(name="prod")) == ""
    assert state_that_goes(StageSettings(name="dev", keep_data=False)) == "State"


@pytest.mark.usefixtures("aws")
def test_access_logs_that_came_late_are_taken_as_often_as_it_needs():
    s3 = boto3.client("s3")
    account = boto3.client("sts").get_caller_identity()["Account"]
    bucket = f"ingest-dev-access-logs-{account}-eu-central-1"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for late in ("console/1.gz", "balancer/2.gz"):
        s3.put_object(Bucket=bucket, Key=late, Body=b"line")
        assert clear_logs(StageSettings(name="dev", keep_data=False)).startswith("1 late object versions")
        assert not s3.list_object_versions(Bucket=bucket).get("Versions")
    s3.delete_bucket(Bucket=bucket)
    assert clear_logs(StageSettings(name="dev", keep_data=False)).startswith("0 "), "a bucket that is gone has none"


class Refusing:
    """S3, but one call fails as it says."""

    def __init__(self, client, **answers):
        self._client, self._answers = client, answers
        self.exceptions = client.exceptions

    def __getattr__(self, name):
        return self._answers.get(name) or getattr(self._client, name)


@pytest.mark.usefixtures("aws")
def test_object_versions_that_s3_does_not_delete_are_not_called_gone():
    _, _, s3, bucket = make_things("dev")
    refused = {"Errors": [{"Key": "environment=e/a.gz", "Code": "AccessDenied", "Message": "A legal hold."}]}
    with pytest.raises(Misconfigured, match=f"1 object versions of {bucket} were not deleted: AccessDenied"):
        empty(Refusing(s3, delete_objects=lambda **_: refused), bucket)


@pytest.mark.usefixtures("aws")
def test_a_bucket_that_may_not_be_looked_at_is_not_called_empty():
    _, _, s3, bucket = make_things("dev")

    def head_bucket(**_):
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadBucket")

    with pytest.raises(ClientError, match="Forbidden"):
        empty(Refusing(s3, head_bucket=head_bucket), bucket)
    assert empty(s3, "ingest-dev-landing-none") == 0


@pytest.mark.usefixtures("aws")
def test_a_custom_domain_goes_from_a_load_balancer_as_well():
    domain = ServedDomain("dev")
    _, listener = domain.balance("dev")
    clear_stage(StageSettings(name="dev", keep_data=False))
    left = boto3.client("elbv2").describe_listener_certificates(ListenerArn=listener)["Certificates"]
    assert [entry["IsDefault"] for entry in left] == [True]
    assert domain.item() is None


@pytest.mark.usefixtures("aws")
def test_a_load_balancer_of_a_stage_that_keeps_its_data_may_be_deleted_afterwards():
    balancer, _ = ServedDomain("prod").balance("prod")
    client = boto3.client("elbv2")

    def is_protected():
        attributes = client.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
        return {entry["Key"]: entry["Value"] for entry in attributes}["deletion_protection.enabled"]

    assert is_protected() == "true"
    clear_stage(StageSettings(name="prod"))
    assert is_protected() == "false"
