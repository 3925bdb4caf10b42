"""The functions as Lambda has them, on moto's AWS: from their settings' variables to what they do there."""

import gzip
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from unittest import mock

import boto3
import pytest

from adapters.acm import AcmCertificates
from adapters.dynamodb.calls import Calls
from adapters.dynamodb.quarantine import DynamoQuarantine
from adapters.dynamodb.taps import DynamoTaps
from adapters.function_settings import variables_from_settings
from adapters.s3.objects import S3Objects
from adapters.secrets_manager import ManagedSecrets
from adapters.step_functions import Executions
from domain.certificates.ports import CertificateBundle
from domain.delivery.landed import Outcomes
from domain.delivery.messages import quarantine_message
from domain.delivery.set_aside import Place
from domain.delivery.writer import notification
from domain.errors import Misconfigured, Undelivered
from domain.live import reading
from domain.live.packing import message_from
from domain.metering.ports import UsageScope, UsageSums
from domain.metering.slices import Slice
from domain.operations.set_aside import SetAside
from domain.records.kept_secrets import begin
from domain.records.keys import custom_domain_key, organisation_key, owner_key, trial_key
from domain.records.outbox import Letter, stored_letter
from domain.records.ports import Put
from functions.bigquery_writer.settings import WriterSettings
from functions.delivered.settings import DeliveredSettings
from functions.lake_writer.settings import LakeWriterSettings
from functions.ledger.settings import LedgerSettings
from functions.metering.settings import MeteringSettings
from functions.outbox.settings import OutboxSettings
from functions.provisioner.settings import ProvisionerFunctionSettings
from functions.quarantine_writer.settings import QuarantineWriterSettings
from functions.redrive.settings import RedriveSettings
from functions.tap_writer.settings import TapWriterSettings
from functions.trial.settings import TrialSettings
from functions.usage_writer.settings import UsageWriterSettings
from schemas.items import pointer_key
from tests.aws_deployment import ROLE_ARN, aws_deployment
from tests.certificates import DOMAIN, leaf
from tests.destinations import BUCKET
from tests.landed import line
from tests.management_api import Api
from tests.quarantine_world import TEXT, QuarantineWorld
from tests.trial_world import TrialWorld

SETTINGS = {
    "bigquery_writer": WriterSettings(
        "catalog",
        "counters",
        "ingest/",
        ("data", "landing"),
        lake_queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/lake",
    ),
    "delivered": DeliveredSettings("counters"),
    "lake_writer": LakeWriterSettings("catalog", "counters", "data", ("data", "landing"), "ingest_test_"),
    "ledger": LedgerSettings("catalog", "counters", "test"),
    "metering": MeteringSettings("catalog", "counters"),
    "outbox": OutboxSettings("catalog", "https://sqs.eu-central-1.amazonaws.com/123456789012/provision", "test"),
    "provisioner": ProvisionerFunctionSettings(
        "catalog",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/provision",
        "data",
        "landing",
        ROLE_ARN,
        "ingest-test",
        "ingest/destinations/",
    ),
    "quarantine_writer": QuarantineWriterSettings("data", "counters"),
    "redrive": RedriveSettings(
        "catalog",
        "counters",
        "data",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/spill",
        "deployment",
        "arn:aws:states:eu-central-1:123456789012:stateMachine:redrive",
    ),
    "tap_writer": TapWriterSettings("catalog", "taps"),
    "usage_writer": UsageWriterSettings("counters", "https://sqs.eu-central-1.amazonaws.com/123456789012/usage"),
    "trial": TrialSettings(
        "catalog",
        "counters",
        "taps",
        "data",
        "landing",
        "arn:aws:states:eu-central-1:123456789012:stateMachine:trials",
    ),
}


@pytest.fixture
def deployment():
    with aws_deployment() as deployment:
        yield deployment


def functions_of(deployment, *names):
    return [deployment.function(name, SETTINGS[name]) for name in names]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_says_which_variable_it_lacks(deployment, name):
    deployment.function(name, SETTINGS[name])
    module = __import__(f"functions.{name}.aws", fromlist=["handler_from"])
    variables = variables_from_settings(SETTINGS[name])
    missing = next(iter(variables))
    del variables[missing]
    with pytest.raises(Misconfigured, match=missing):
        module.handler_from(variables)


def catalog_with_environment(deployment, *, custom_domain=None, **fields):
    """Put an environment into the deployment's catalog, as its management function would; return it."""
    api = Api(clock=deployment.clock)
    environment = api.environment(api.endpoint(), **fields)
    if custom_domain:
        body = {"domain": custom_domain, "certificate": "managed"}
        assert api.call("PUT", f"/v1/environments/{environment['id']}/custom-domain", body).status == 200
    for key, (_, text, _) in api.table._items.items():
        deployment.table.transact([Put(key, json.loads(text), 0)])
    return environment


def test_an_environment_gets_its_streams_from_a_letter_that_waited(deployment):
    send_outbox, provisioner = functions_of(deployment, "outbox", "provisioner")
    environment = catalog_with_environment(deployment, streams=2)
    message = {"action": "provision", "environment_id": environment["id"]}
    deployment.table.transact([stored_letter(Letter("letter", [message]))])
    assert send_outbox({}, None) == {"sent": 1, "waiting": 0}
    deployment.feed(provisioner, "provision")
    assert deployment.streams() == [f"ingest-{environment['id']}-{number}" for number in (1, 2)]
    pointer = deployment.table.get(pointer_key(environment["id"])).data
    assert (pointer["state"], pointer["streams"]) == ("active", deployment.streams())
    tags = deployment.firehose.list_tags_for_delivery_stream(DeliveryStreamName=deployment.streams()[0])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags}["environment"] == environment["id"]


def test_streams_that_may_hold_records_are_removed_by_a_message_that_comes_later(deployment):
    (provisioner,) = functions_of(deployment, "provisioner")
    environment = catalog_with_environment(deployment)
    message = {"action": "provision", "environment_id": environment["id"]}
    deployment.send("provision", message)
    deployment.feed(provisioner, "provision")
    item = deployment.table.get(pointer_key(environment["id"]))
    deployment.table.transact([Put(item.key, {**item.data, "state": "deleted"}, item.version)])
    deployment.send("provision", message)
    deployment.feed(provisioner, "provision")
    assert len(deployment.streams()) == 1
    attributes = deployment.sqs.get_queue_attributes(
        QueueUrl=deployment.queue_urls["provision"], AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"
    long_ago = {**item.data, "state": "deleted", "written_at": 0}
    deployment.table.transact([Put(item.key, long_ago, item.version + 1)])
    deployment.send("provision", message)
    deployment.feed(provisioner, "provision")
    assert deployment.streams() == []


def test_a_custom_domain_is_asked_for_waited_for_served_and_swept(deployment):
    apis = boto3.client("apigatewayv2", region_name="eu-central-1")
    api_id = apis.create_api(Name="ingest", ProtocolType="HTTP")["ApiId"]
    zone_id = boto3.client("route53").create_hosted_zone(Name="example.com.", CallerReference="1")["HostedZone"]["Id"]
    zone = {"domain_zone_id": zone_id.removeprefix("/hostedzone/"), "domain_zone_name": "example.com"}
    settings = replace(SETTINGS["provisioner"], ingest_api_id=api_id, **zone)
    provisioner = deployment.function("provisioner", settings)
    environment = catalog_with_environment(deployment, custom_domain="events.example.com")
    deployment.send("provision", {"action": "settle", "domain": "events.example.com"})
    deployment.feed(provisioner, "provision")
    item = deployment.table.get(custom_domain_key("events.example.com")).data
    assert item["environment_id"] == environment["id"]
    assert item["status"] == "pending_validation"
    (record,) = item["dns_records"]
    assert (record["purpose"], record["automatic"]) == ("validation", True)
    acm = boto3.client("acm", region_name="eu-central-1")
    tags = acm.list_tags_for_certificate(CertificateArn=item["reference"])["Tags"]
    assert {"Key": "ingest-endpoints:deployment", "Value": "ingest-test"} in tags
    assert provisioner({"task": "look"}, None) == {"looked_at": 1}
    assert provisioner({"task": "sweep"}, None) == {"deleted": 0}


def test_a_custom_domain_is_served_by_the_load_balancer_where_that_is_the_front_door(deployment):
    domain, issued = DOMAIN, leaf()
    bundle = CertificateBundle(issued.pem, issued.chain, issued.private_key, "EC_prime256v1")
    acm, balancers = (boto3.client(name, region_name="eu-central-1") for name in ("acm", "elbv2"))
    own = acm.request_certificate(DomainName="in.example.com")["CertificateArn"]
    listener = make_listener(balancers, own)
    api_id = boto3.client("apigatewayv2").create_api(Name="ingest", ProtocolType="HTTP")["ApiId"]
    settings = replace(
        SETTINGS["provisioner"],
        ingest_api_id=api_id,
        balancer_listener_arn=listener,
        balancer_host="ingest-1.eu-central-1.elb.amazonaws.com",
        balancer_serves_domains=True,
    )
    provisioner = deployment.function("provisioner", settings)
    catalog_with_environment(deployment, custom_domain=domain)
    # As the management function leaves it that was given a certificate.
    reference = AcmCertificates(acm, "catalog").keep(bundle, domain)
    item = deployment.table.get(custom_domain_key(domain))
    given = {**item.data, "kind": "imported", "reference": reference}
    deployment.table.transact([Put(item.key, given, item.version)])
    deployment.send("provision", {"action": "settle", "domain": domain})
    deployment.feed(provisioner, "provision")
    found = deployment.table.get(custom_domain_key(domain)).data
    assert (found["status"], found["status_reason"]) == ("active", None)
    (record,) = found["dns_records"]
    assert (record["type"], record["value"]) == ("CNAME", "ingest-1.eu-central-1.elb.amazonaws.com")
    assert listed_at(balancers, listener) == {own, reference}

    item = deployment.table.get(custom_domain_key(domain))
    deployment.table.transact([Put(item.key, {**item.data, "status": "deleting"}, item.version)])
    assert provisioner({"task": "look"}, None) == {"looked_at": 1}
    assert listed_at(balancers, listener) == {own}
    assert deployment.table.get(custom_domain_key(domain)) is None
    assert reference not in {kept["CertificateArn"] for kept in acm.list_certificates()["CertificateSummaryList"]}


def make_listener(balancers, certificate):
    ec2 = boto3.client("ec2", region_name="eu-central-1")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    made = balancers.create_load_balancer(Name="ingest", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = balancers.create_target_group(Name="ingest", TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    return balancers.create_listener(
        LoadBalancerArn=made,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]


def listed_at(balancers, listener):
    found = balancers.describe_listener_certificates(ListenerArn=listener)["Certificates"]
    return {entry["CertificateArn"] for entry in found}


def test_credentials_that_no_environment_ever_named_are_swept(deployment):
    (provisioner,) = functions_of(deployment, "provisioner")
    manager = boto3.client("secretsmanager", region_name="eu-central-1")
    secrets = ManagedSecrets(manager, "ingest/destinations/")
    for name, begun_ns in (("sec_old", 0), ("sec_new", time.time_ns())):
        begin(deployment.table, name, begun_ns)
        secrets.put(name, "{}")
    assert provisioner({"task": "sweep"}, None) == {"deleted": 1}
    assert provisioner({"task": "sweep"}, None) == {"deleted": 0}
    assert (secrets.get("sec_old"), secrets.get("sec_new")) == (None, "{}")


def test_the_listener_of_a_balancer_needs_the_name_of_the_balancer(deployment):
    with pytest.raises(Misconfigured, match="BALANCER_HOST"):
        replace(SETTINGS["provisioner"], balancer_listener_arn="arn")
    with pytest.raises(Misconfigured, match="BALANCER_HOST"):
        replace(SETTINGS["provisioner"], balancer_serves_domains=True)


def test_a_zone_needs_its_name(deployment):
    with pytest.raises(Misconfigured, match="DOMAIN_ZONE_NAME"):
        replace(SETTINGS["provisioner"], domain_zone_id="Z1")


def test_what_was_accepted_and_what_was_stored_are_counted_and_settle_the_plan(deployment):
    (count,) = functions_of(deployment, "delivered")
    environment = catalog_with_environment(deployment)
    minute = int(time.time()) // 60 * 60
    received_at = datetime.fromtimestamp(minute, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    stamps = {"_event_id": "evt_1", "_received_at": received_at, "_revision_id": environment["revision_id"]}
    body = gzip.compress(json.dumps(stamps, separators=(",", ":")).encode() + b"\n")
    key = f"environment={environment['id']}/dt=2026-11-02/hour=10/stream-1.gz"
    for _ in range(2):
        deployment.s3.put_object(Bucket="data", Key=key, Body=body)
    deployment.s3.put_object(Bucket="data", Key=f"failed/processing-failed/{key}", Body=body)
    deployment.feed(count, "delivered")

    owner = deployment.table.get(owner_key(environment["id"])).data
    row = UsageSums(environment["id"], environment["revision_id"], minute, requests=1, accepted=1, **owner)
    deployment.count(row)
    scope = UsageScope(owner["organisation_id"], environment_id=environment["id"])
    (point,) = deployment.usage.series(scope, Slice.MINUTE, minute, minute + 60)
    assert (point.counts["accepted"], point.counts["delivered"]) == (1, 1)

    organisation = deployment.table.get(organisation_key(owner["organisation_id"]))
    plan = {"requests_per_month": 1, "bytes_per_month": None, "over_limit": "reject"}
    deployment.table.transact([Put(organisation.key, {**organisation.data, "plan": plan}, organisation.version)])
    with deployment.reached_without_sdk():
        with mock.patch("time.sleep"):  # or its second pass would come half a minute after the first
            (settle,) = functions_of(deployment, "metering")
        assert settle({}, None) == {"may_refuse": 1, "exhausted": 1, "canaries": 0}
    assert deployment.table.get(pointer_key(environment["id"])).data["plan_exhausted"] is True


def test_live_events_are_kept_and_handlers_told_their_share(deployment):
    (write,) = functions_of(deployment, "tap_writer")
    environment = catalog_with_environment(deployment)
    key = pointer_key(environment["id"])
    pointer = deployment.table.get(key)
    until = deployment.clock() // 1_000_000_000 + 60
    lease = {"id": "tap_1", "until": until, "sample": 2, "only": {}, "share": 1.0, "told_at": until - 60}
    deployment.table.transact([Put(key, {**pointer.data, "taps": [lease]}, pointer.version)])
    for at_ms in (1_000, 7_000):
        events = [{"taps": [0], "index": index} for index in range(10)]
        message = {"environment_id": environment["id"], "at_ms": at_ms, "taps": {"tap_1": [0, 500]}}
        deployment.send("taps", message_from({**message, "common": {"outcome": "accepted"}, "events": events}))
    deployment.feed(write, "taps")
    store = DynamoTaps(Calls(deployment.dynamodb), "taps")
    page = reading.read_events(store, "tap_1", reading.Place(), 50, time.time())
    assert [(event["index"], event["outcome"]) for event in page.events] == [(n, "accepted") for n in (0, 1, 2, 3)] * 2
    assert (page.left_out, page.following) == (12, (2, 0))
    assert deployment.table.get(key).data["taps"][0]["share"] == pytest.approx(2 * 6 / 1_000)
    backups = deployment.dynamodb.describe_continuous_backups(TableName="taps")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"


def test_what_was_refused_is_kept_counted_and_gone_through_by_the_steps_of_a_redrive(deployment):
    world = QuarantineWorld()
    write, redrive = functions_of(deployment, "quarantine_writer", "redrive")
    fixed = world.revision(TEXT)
    made = world.start(fixed, dry_run=True)
    for key, (_, text, _) in world.api.table._items.items():
        deployment.table.transact([Put(key, json.loads(text), 0)])
    events = [world.refused(raw) for raw in (b'{"price": "1"}', b'{"price": true}')]
    deployment.send("quarantine", *(quarantine_message(event) for event in events))
    deployment.feed(write, "quarantine")
    index = DynamoQuarantine(Calls(deployment.dynamodb), "counters")
    groups = index.groups(world.environment_id, 0, 2**40)
    assert {group.key.code: group.events for group in groups} == {"": 2, "type_float": 2}
    planned = redrive({"step": "plan", "redrive_id": made["id"]}, None)
    assert planned["objects"] == 1
    keys = json.loads(deployment.s3.get_object(**planned["manifest"])["Body"].read())
    items = [{"redrive_id": made["id"], "key": key} for key in keys]
    redrive({"step": "work", "batch": {"Items": items}}, None)
    assert redrive({"step": "finish", "redrive_id": made["id"]}, None)["state"] == "done"
    progress = index.progress(made["id"])
    assert (progress.matched, progress.valid, progress.sent, progress.codes) == (2, 1, 0, {"type_string": 1})


@pytest.mark.parametrize("bucket", ["data", "landing"])
def test_a_trial_reads_what_was_delivered_step_by_step(deployment, bucket):
    world = TrialWorld()
    (trial,) = functions_of(deployment, "trial")
    key = world.delivered({"price": 1}, {"price": 2}, bucket=bucket)
    made = world.begin(world.draft(TEXT))
    for place, (_, text, _) in world.api.table._items.items():
        data = json.loads(text)
        data |= {"is_managed": bucket == "data"} if place.sk == made["id"] else {}
        deployment.table.transact([Put(place, data, 0)])
    deployment.s3.put_object(Bucket=bucket, Key=key, Body=world.quarantine.objects.get(bucket, key))
    assert trial({"step": "work", "trial_id": made["id"]}, None) == {"trial_id": made["id"], "state": "done"}
    item = deployment.table.get(trial_key(made["revision_id"], made["id"]))
    assert (item.data["state"], item.data["looked_at"], item.data["newly_invalid"]) == ("done", 2, 2)
    assert trial({"step": "sweep"}, None) == {"waiting": 0}
    assert trial({"step": "fail", "trial_id": made["id"]}, None)["state"] == "failed"
    assert deployment.table.get(item.key) == item


def test_the_ledger_is_read_and_its_figures_are_lines_of_the_log(deployment, capsys):
    environment = catalog_with_environment(deployment)
    owner = deployment.table.get(owner_key(environment["id"])).data
    minute = int(time.time()) // 60 * 60 - 3_600
    sums = UsageSums(environment["id"], environment["revision_id"], minute, **owner, accepted=3)
    deployment.count(sums)
    with deployment.reached_without_sdk():
        (look,) = functions_of(deployment, "ledger")
        assert look({}, None)["LedgerMissing"] == 3
    line = json.loads(capsys.readouterr().out)
    assert (line["deployment"], line["LedgerMissing"], line["LedgerUnbalanced"]) == ("test", 3, 1)


def test_a_redrive_is_started_once_and_its_sweep_starts_it_again(deployment):
    client = boto3.client("stepfunctions", region_name="eu-central-1")
    states = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    arn = client.create_state_machine(name="redrive", definition=json.dumps(states), roleArn=ROLE_ARN)[
        "stateMachineArn"
    ]
    starter = Executions(client, arn, "redrive")
    for _ in range(2):
        starter.start("rdr_1")
    (execution,) = client.list_executions(stateMachineArn=arn)["executions"]
    assert starter.is_at_work("rdr_1")
    client.stop_execution(executionArn=execution["executionArn"])
    assert not starter.is_at_work("rdr_1")
    assert not starter.is_at_work("rdr_2")
    described = client.describe_execution(executionArn=execution["executionArn"])
    assert (described["name"], json.loads(described["input"])) == ("rdr_1", {"redrive_id": "rdr_1"})
    with pytest.raises(Undelivered):
        Executions(client, arn.replace("redrive", "gone"), "redrive").start("rdr_2")


def test_what_landed_for_a_users_bucket_is_copied_there_as_the_users_role(deployment):
    (write,) = functions_of(deployment, "bigquery_writer")
    environment = catalog_with_environment(deployment, destination=BUCKET)
    mine = boto3.client("s3", region_name=BUCKET["region"])
    mine.create_bucket(Bucket=BUCKET["bucket"], CreateBucketConfiguration={"LocationConstraint": BUCKET["region"]})
    stamps = {
        "_event_id": "evt_1",
        "_received_at": "2026-11-02T10:00:00.5Z",
        "_revision_id": environment["revision_id"],
    }
    body = gzip.compress(json.dumps(stamps, separators=(",", ":")).encode() + b"\n")
    key = f"environment={environment['id']}/dt=2026-11-02/hour=10/stream-1.gz"
    deployment.s3.put_object(Bucket="landing", Key=key, Body=body)
    record = {"messageId": "1", "body": notification("landing", [key]), "attributes": {}}
    for _ in range(2):
        assert write({"Records": [record]}, None) == {"batchItemFailures": []}
    assert mine.get_object(Bucket=BUCKET["bucket"], Key=f"raw/{key}")["Body"].read() == body
    owner = deployment.table.get(owner_key(environment["id"])).data
    deployment.count(
        UsageSums(environment["id"], environment["revision_id"], 1_793_613_600, requests=1, accepted=1, **owner)
    )
    scope = UsageScope(owner["organisation_id"], environment_id=environment["id"])
    (point,) = deployment.usage.series(scope, Slice.MINUTE, 1_793_613_600, 1_793_613_660)
    assert (point.counts["accepted"], point.counts["delivered"]) == (1, 1)


@pytest.mark.parametrize("table_format", ["iceberg", "parquet"])
def test_what_landed_for_a_lake_is_handed_on_to_its_writer_which_adds_and_counts_it_once(deployment, table_format):
    (write, write_lake) = functions_of(deployment, "bigquery_writer", "lake_writer")
    lake = {"type": "lake", "managed": True, "table_format": table_format, "table": "shop_live"}
    environment = catalog_with_environment(deployment, destination=lake)
    key = f"environment={environment['id']}/dt=2026-11-02/hour=10/stream-1.gz"
    body = gzip.compress(line(1, revision_id=environment["revision_id"]) + b"\n")
    deployment.s3.put_object(Bucket="landing", Key=key, Body=body)
    record = {"messageId": "1", "body": notification("landing", [key]), "attributes": {}}
    assert write({"Records": [record]}, None) == {"batchItemFailures": []}
    handed_on = deployment.received("lake")
    assert [message["body"] for message in handed_on] != []
    for _ in range(2):
        assert write_lake({"Records": handed_on}, None) == {"batchItemFailures": []}
    owner = deployment.table.get(owner_key(environment["id"])).data
    database = f"ingest_test_{owner['organisation_id']}"
    (table,) = boto3.client("glue", region_name="eu-central-1").get_tables(DatabaseName=database)["TableList"]
    if table_format == "iceberg":
        assert (table["Name"], table["Parameters"]["table_type"]) == ("shop_live", "ICEBERG")
    else:
        assert table["Name"] == f"shop_live__{environment['revision_id']}"
    scope = UsageScope(owner["organisation_id"], environment_id=environment["id"])
    (point,) = deployment.usage.series(scope, Slice.MINUTE, 1_793_613_600, 1_793_613_660)
    assert point.counts["delivered"] == 1
    target = {"organisation_id": owner["organisation_id"], "environment_id": environment["id"], "destination": lake}
    checked = write_lake({"task": "check", "target": target}, None)["result"]
    assert [step.reason for step in checked] == [None] * (3 if table_format == "iceberg" else 2)


def test_what_was_set_aside_goes_to_a_users_bucket_from_s3_itself(deployment):
    (write,) = functions_of(deployment, "bigquery_writer")
    environment = catalog_with_environment(deployment, destination=BUCKET)
    mine = boto3.client("s3", region_name=BUCKET["region"])
    mine.create_bucket(Bucket=BUCKET["bucket"], CreateBucketConfiguration={"LocationConstraint": BUCKET["region"]})
    event = line(1, revision_id=environment["revision_id"])
    outcomes = Outcomes()
    outcomes.refuse(event, "It is late.")
    place = Place(environment["id"], "2026-11-02", "10", "ab")
    deployment.s3.put_object(Bucket="landing", Key=place.key, Body=outcomes.set_aside_body())
    set_aside = SetAside(S3Objects(deployment.s3), "landing")
    ((item,), following) = set_aside.page(50, None, environment["id"])
    assert (item.events, item.reasons, following) == (1, {"It is late.": 1}, None)
    assert [set_aside.send_again(item.id) for _ in range(2)] == [1, None]
    assert set_aside.page(50, None, None) == ([], None)
    record = {"messageId": "1", "body": notification("landing", [place.key_sent_again()]), "attributes": {}}
    assert write({"Records": [record]}, None) == {"batchItemFailures": []}
    body = mine.get_object(Bucket=BUCKET["bucket"], Key=f"raw/{place.key_sent_again()}")["Body"].read()
    assert gzip.decompress(body) == b"  " + event + b"\n"
