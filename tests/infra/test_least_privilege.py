"""Each function may do what it does, and nothing that would make it another one, or another deployment's."""

from fnmatch import fnmatchcase

import pytest

from adapters.api_gateway import DEPLOYMENT_TAG
from adapters.dynamodb.encoding import CHUNK_COUNT, CHUNKS_ID, chunk_keys
from adapters.firehose.admin import FAILED_PREFIX
from domain.access.addresses import email_key
from domain.delivery.leases import LEASE_SECONDS, MARGIN_SECONDS
from domain.records.keys import CANARIES, audit_key, lake_lease_key, login_key, token_hash_key
from functions.metering.handler import make_handler as make_metering
from functions.outbox.handler import make_handler as make_outbox
from functions.provisioner.destinations import Buckets, stream_settings_for
from infra.functions import FUNCTIONS
from infra.functions.grants import LEADING_KEYS
from infra.settings.stage import StageSettings
from infra.stacks.state import QUEUES
from schemas.items import pointer_key, revision_document_key
from tests.front_doors import http_api_event
from tests.functions.test_alerts import Deployment as Alerting
from tests.functions.test_bigquery_writer import World as Writing
from tests.functions.test_management_canaries import Environment as Canary
from tests.functions.test_metering import Deployment as Metering
from tests.functions.test_outbox import Metrics
from tests.functions.test_provisioner import Deployment as Provisioning
from tests.functions.test_provisioner_domains import Deployment as Domains
from tests.infra.conftest import FULL
from tests.infra.policies import may
from tests.infra.templates import listed, statements_of, text_of
from tests.ingest_world import World as Ingest
from tests.management_api import Api
from tests.quarantine_world import TEXT, QuarantineWorld
from tests.trial_world import TrialWorld

CHANGES = ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
HERE = "eu-central-1:111122223333"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret"
CERTIFICATE = f"arn:aws:acm:{HERE}:certificate/1"
DOMAINS = "arn:aws:apigateway:eu-central-1::/domainnames"
OURS, THEIRS = "ingest-prod", "ingest-prod-eu"


@pytest.fixture(scope="module")
def prod(synthesize):
    return synthesize(StageSettings(name="prod", lake=True))


@pytest.mark.parametrize("stage", ["both", "by_url"])
def test_services_take_on_roles_for_this_account_alone(stage, request):
    """A service that could be told of a role by another account would act with it for that account."""
    synthesized = request.getfixturevalue(stage)
    trusted = [
        (f"{stack}/{name}", statement)
        for stack in synthesized.templates
        for name, role in synthesized.properties(stack, "AWS::IAM::Role").items()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
        if "Service" in statement["Principal"]
    ]
    services = {one for _, statement in trusted for one in listed(statement["Principal"]["Service"])}
    assert services >= {f"{one}.amazonaws.com" for one in ("firehose", "glue", "lambda", "states")}
    for role, statement in trusted:
        equal = statement.get("Condition", {}).get("StringEquals", {})
        assert text_of(equal.get("aws:SourceAccount", "")) == "111122223333", role


def role_of(function):
    return "Service/" + "".join(part.title() for part in function.split("_"))


@pytest.fixture(scope="module")
def catalog(prod):
    """The ARN of the catalog, as policies of other stacks name it."""
    start = "ExportsOutputFnGetAttTablesCatalog"
    (name,) = [name for name in prod.templates["state"]["Outputs"] if name.startswith(start)]
    return f"ingest-prod-state:{name}"


def may_on_items(prod, catalog, function, action, *groups):
    return may(prod, role_of(function), action, catalog, {LEADING_KEYS: list(groups)})


def test_ingest_reads_what_it_asks_for_and_no_token_member_or_entry(prod, catalog):
    world = Ingest()
    environment = world.add_environment()
    world.post(environment, {"name": "a", "count": 1})
    world.send(http_api_event("POST", "/", body=b"{}", headers={"host": "events.shop.example"}))
    asked = {key.pk for key in world.catalog.reads}
    asked |= {key.pk for key in chunk_keys({CHUNKS_ID: {"S": "1f3c"}, CHUNK_COUNT: {"N": "1"}})}
    assert {group.partition("#")[0] for group in asked} == {"POINTER", "DOCUMENT", "HOST", "CHUNK"}
    for group in asked:
        assert may_on_items(prod, catalog, "ingest", "dynamodb:GetItem", group), group
    secret = [
        token_hash_key("hash"),
        email_key("ann@example.com", "org_1"),
        login_key("sub", "org_1"),
        audit_key("org_1", "aud_1"),
    ]
    for key in secret:
        assert not may_on_items(prod, catalog, "ingest", "dynamodb:GetItem", key.pk), key
        assert not may_on_items(prod, catalog, "ingest", "dynamodb:BatchGetItem", next(iter(asked)), key.pk), key
    assert not may_on_items(prod, catalog, "ingest", "dynamodb:Query", "POINTER#env_1")


def test_ingest_adds_to_rates_and_samples_and_the_usage_writer_to_usage_and_neither_to_the_others(prod):
    start = "ExportsOutputFnGetAttTablesCounters"
    (name,) = [name for name in prod.templates["state"]["Outputs"] if name.startswith(start)]
    counters = f"ingest-prod-state:{name}"

    def allowed(function, group):
        return {
            action.partition(":")[2]
            for action in (*CHANGES, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem")
            if may(prod, role_of(function), action, counters, {LEADING_KEYS: [group]})
        }

    usage = ("USAGE_FOLD", "USAGE_SHEETS#0", "USAGE_TALLY#1", "USAGE_OWNER#env_1", "USAGE_SET_ASIDE")
    assert allowed("ingest", "RATE#env_1") == {"UpdateItem"}
    assert allowed("ingest", "UNKNOWN_KEYS#env_1") == {"GetItem", "PutItem"}
    for group in (*usage, "QUARANTINE#env_1"):
        assert allowed("ingest", group) == set()
    for group in usage:
        assert allowed("usage_writer", group) == {
            "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem",
        }  # fmt: skip
    for group in ("RATE#env_1", "UNKNOWN_KEYS#env_1", "QUARANTINE#env_1"):
        assert allowed("usage_writer", group) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_changes_or_removes_an_entry_of_the_audit_log(prod, catalog, function):
    for action in ("dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"):
        assert not may_on_items(prod, catalog, function, action, audit_key("org_1", "aud_1").pk), action


def meter():
    deployment = Metering()
    deployment.plan(requests_per_month=100, over_limit="reject")
    deployment.use(requests=101)
    table = deployment.api.table
    return table, lambda: make_metering(table, deployment.api.usage, lambda: deployment.now * 10**9)({}, None)


def send_letters():
    api = Api()
    api.queue.refuses = True
    api.environment(api.endpoint())
    api.queue.refuses = False
    return api.table, lambda: make_outbox(api.table, api.queue, Metrics())({}, None)


def alert():
    deployment = Alerting(Api())
    deployment.alert("rejected_share", min_events=1)
    deployment.alert("new_code_or_key")
    deployment.count(rejected=1)
    return deployment.api.table, deployment.run


def redrive():
    world = QuarantineWorld()
    world.keep_many([b'{"price": "9"}'])
    world.start(world.revision(TEXT))
    return world.api.table, world.work


def try_a_draft():
    world = TrialWorld()
    world.delivered({"price": 1})
    world.begin(world.draft(TEXT))
    return world.api.table, world.go_on


def ask_for_a_table():
    world = Writing()
    environment = world.environment()
    other = world.api.finalised(world.endpoint, name="Other")
    landed = world.land(environment, 1, revision_id=other["id"])
    return world.api.table, lambda: world.write(landed)


def provision():
    deployment = Provisioning()
    deployment.api.environment(deployment.endpoint)
    return deployment.api.table, deployment.take_all


def serve_a_domain():
    deployment = Domains()
    deployment.put()

    def serve():
        deployment.take()
        deployment.delete()
        deployment.take()

    return deployment.api.table, serve


@pytest.mark.parametrize(
    ("function", "prepare"),
    [
        ("alerts", alert),
        ("metering", meter),
        ("outbox", send_letters),
        ("redrive", redrive),
        ("trial", try_a_draft),
        ("bigquery_writer", ask_for_a_table),
        ("lake_writer", ask_for_a_table),
        ("provisioner", provision),
    ],
)
def test_a_function_may_write_what_it_writes_and_makes_nobody_a_member(prod, catalog, function, prepare):
    table, run = prepare()
    before = len(table.written)
    run()
    written = {key.pk for key in table.written[before:]}
    assert written
    for group in written:
        assert may_on_items(prod, catalog, function, "dynamodb:PutItem", group), group
        assert may_on_items(prod, catalog, function, "dynamodb:DeleteItem", group), group
    for key in (token_hash_key("hash"), login_key("sub", "org_1"), email_key("ann@example.com", "org_1")):
        for action in CHANGES:
            assert not may_on_items(prod, catalog, function, action, key.pk), (action, key)


def test_metering_may_write_what_the_end_of_a_canary_takes_and_adds_to_the_audit_log_alone(prod, catalog):
    canary = Canary(Api())
    canary.start()
    canary.count(canary.second, rejected=1_000)
    table = canary.api.table
    before = len(table.written)
    assert canary.look() == 0
    written = {key.pk for key in table.written[before:]}
    log = audit_key(canary.api.organisation_id, "aud_1").pk
    assert written > {log, CANARIES}
    for group in written:
        assert may_on_items(prod, catalog, "metering", "dynamodb:PutItem", group), group
        assert may_on_items(prod, catalog, "metering", "dynamodb:DeleteItem", group) == (group != log), group


def test_the_tap_writer_reads_and_puts_pointers_and_nothing_else_of_the_catalog(prod, catalog):
    group = pointer_key("env_1").pk
    for action in ("dynamodb:GetItem", "dynamodb:PutItem"):
        assert may_on_items(prod, catalog, "tap_writer", action, group)
        for key in (token_hash_key("hash"), audit_key("org_1", "aud_1"), revision_document_key("rev_1")):
            assert not may_on_items(prod, catalog, "tap_writer", action, key.pk), (action, key)
    assert not may_on_items(prod, catalog, "tap_writer", "dynamodb:DeleteItem", group)
    assert not may_on_items(prod, catalog, "tap_writer", "dynamodb:Query", group)


def test_the_provisioner_may_write_what_custom_domains_need(prod, catalog):
    table, run = serve_a_domain()
    before = len(table.written)
    run()
    written = {key.pk for key in table.written[before:]}
    assert "CUSTOM_DOMAINS" in written
    changed_by_management = {group for group in written if group.startswith(("AUDIT#", "IDEMPOTENCY#"))}
    for group in written - changed_by_management:
        assert may_on_items(prod, catalog, "provisioner", "dynamodb:PutItem", group), group


def test_the_operators_token_is_read_and_replaced_by_bootstrap_alone(prod):
    token, credentials = f"{SECRET}:ingest-prod/admin-token-a1B2c3", f"{SECRET}:ingest-prod/destinations/sec_1-a1B2c3"
    for verb in ("CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "RestoreSecret"):
        action = f"secretsmanager:{verb}"
        reaching = {name for name in FUNCTIONS if may(prod, role_of(name), action, token)}
        assert reaching <= {"bootstrap"}, action
        assert not may(prod, role_of("bootstrap"), action, credentials)
    using = {name for name in FUNCTIONS if may(prod, role_of(name), "secretsmanager:GetSecretValue", credentials)}
    assert using == {"bigquery_writer", "management", "provisioner"}


def test_ingest_reads_secrets_of_webhooks_alone_and_no_other_function_that_delivers_does(prod):
    hooks, credentials = (f"{SECRET}:ingest-prod/destinations/{name}-a1B2c3" for name in ("hook_01m8", "sec_01m8"))
    reading = {name for name in FUNCTIONS if may(prod, role_of(name), "secretsmanager:GetSecretValue", hooks)}
    assert reading == {"ingest", "management"}
    for verb in ("CreateSecret", "DeleteSecret", "PutSecretValue", "RestoreSecret"):
        assert not may(prod, role_of("ingest"), f"secretsmanager:{verb}", hooks)
    assert not may(prod, role_of("ingest"), "secretsmanager:GetSecretValue", credentials)
    assert not may(prod, role_of("ingest"), "secretsmanager:GetSecretValue", hooks.replace("prod/", "prod-eu/"))
    deleting = {name for name in FUNCTIONS if may(prod, role_of(name), "secretsmanager:DeleteSecret", hooks)}
    assert deleting == {"management", "provisioner"}


def test_secrets_of_alerts_are_read_by_who_sends_and_made_by_management_alone(prod):
    secret = f"{SECRET}:ingest-prod/destinations/alert_01m8-a1B2c3"
    reading = {name for name in FUNCTIONS if may(prod, role_of(name), "secretsmanager:GetSecretValue", secret)}
    assert reading == {"alerts", "management"}
    making = {name for name in FUNCTIONS if may(prod, role_of(name), "secretsmanager:CreateSecret", secret)}
    assert making == {"management"}
    deleting = {name for name in FUNCTIONS if may(prod, role_of(name), "secretsmanager:DeleteSecret", secret)}
    assert deleting == {"management", "provisioner"}
    for other in ("hook_01m8", "sec_01m8"):
        assert not may(prod, role_of("alerts"), "secretsmanager:GetSecretValue", secret.replace("alert_01m8", other))


def test_mail_goes_to_topics_of_targets_alone(prod):
    topic = f"arn:aws:sns:{HERE}:ingest-prod-alert-tgt_01m8"
    sending = {name for name in FUNCTIONS if may(prod, role_of(name), "sns:Publish", topic)}
    assert sending == {"alerts", "management"}
    making = {name for name in FUNCTIONS if may(prod, role_of(name), "sns:CreateTopic", topic)}
    assert making == {"management"}
    for other in ("ingest-prod-alarms", "ingest-prod-eu-alert-tgt_01m8", "ingest-prod-alert-other"):
        for verb in ("CreateTopic", "DeleteTopic", "Publish", "Subscribe"):
            assert not may(prod, role_of("management"), f"sns:{verb}", f"arn:aws:sns:{HERE}:{other}")


def test_certificates_are_removed_and_replaced_by_the_deployments_tag_alone(prod):
    resource_tag, request_tag = f"aws:ResourceTag/{DEPLOYMENT_TAG}", f"aws:RequestTag/{DEPLOYMENT_TAG}"
    for function, action in (
        ("provisioner", "acm:DeleteCertificate"),
        ("management", "acm:ImportCertificate"),
    ):
        assert may(prod, role_of(function), action, CERTIFICATE, {resource_tag: OURS}), action
        for tags in ({}, {resource_tag: THEIRS}):
            assert not may(prod, role_of(function), action, CERTIFICATE, tags), action
    for function, action, resource in (
        ("management", "acm:ImportCertificate", CERTIFICATE),
        ("management", "acm:AddTagsToCertificate", CERTIFICATE),
        ("provisioner", "acm:AddTagsToCertificate", CERTIFICATE),
        ("provisioner", "acm:RequestCertificate", "*"),
    ):
        assert may(prod, role_of(function), action, resource, {request_tag: OURS}), action
        assert not may(prod, role_of(function), action, resource, {request_tag: THEIRS}), action
        assert not may(prod, role_of(function), action, resource, {}), action
    taken = {request_tag: OURS, resource_tag: THEIRS}
    assert not may(prod, role_of("provisioner"), "acm:AddTagsToCertificate", CERTIFICATE, taken)


def test_domain_names_are_made_changed_and_removed_by_the_deployments_tag_alone(prod):
    role = role_of("provisioner")
    name = f"{DOMAINS}/events.shop.example"
    resource_tag, request_tag = f"aws:ResourceTag/{DEPLOYMENT_TAG}", f"aws:RequestTag/{DEPLOYMENT_TAG}"
    for verb in ("DELETE", "PATCH"):
        assert may(prod, role, f"apigateway:{verb}", name, {resource_tag: OURS})
        for tags in ({}, {resource_tag: THEIRS}):
            assert not may(prod, role, f"apigateway:{verb}", name, tags)
    assert may(prod, role, "apigateway:POST", DOMAINS, {request_tag: OURS})
    assert not may(prod, role, "apigateway:POST", DOMAINS, {})
    assert may(prod, role, "apigateway:DELETE", f"{name}/apimappings/1")


def test_the_client_of_the_console_takes_passwords_at_the_hosted_page_alone(prod):
    (client,) = prod.properties("front", "AWS::Cognito::UserPoolClient").values()
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["AllowedOAuthFlows"] == ["code"]
    assert text_of(client["ClientName"]) == "console"


@pytest.mark.parametrize("function", ["bigquery_writer", "management", "provisioner"])
def test_lambda_joins_functions_to_the_private_network_and_their_code_can_not(full, function):
    role, action = role_of(function), "ec2:CreateNetworkInterface"
    own = f"arn:aws:lambda:us-east-1:111122223333:function:{FULL.function_name(function)}"
    interface = "arn:aws:ec2:us-east-1:111122223333:network-interface/*"
    assert may(full, role, action, interface)
    assert not may(full, role, action, "*")
    assert not may(full, role, action, interface, {"lambda:SourceFunctionArn": own})
    assert not may(full, role_of("ingest"), action, interface)


def test_the_lakes_writer_alone_reaches_tables_of_the_stage_and_removes_none_but_those_of_checks(prod):
    glue = f"arn:aws:glue:{HERE}"
    ours = f"{glue}:table/ingest_prod_org_1/shop_live"
    for action in ("glue:CreateTable", "glue:GetTable", "glue:UpdateTable", "glue:CreateTableOptimizer"):
        assert {name for name in FUNCTIONS if may(prod, role_of(name), action, ours)} == {"lake_writer"}, action
        for other in ("ingest_prodeu_org_1/shop_live", "ingest_prod_other/shop_live", "default/shop_live"):
            assert not may(prod, role_of("lake_writer"), action, f"{glue}:table/{other}"), (action, other)
    for action in ("glue:DeleteTable", "glue:DeleteTableOptimizer"):
        assert not may(prod, role_of("lake_writer"), action, ours)
        assert may(prod, role_of("lake_writer"), action, f"{glue}:table/ingest_prod_org_1/_ingest_check_1f")
    assert not may(prod, role_of("lake_writer"), "glue:DeleteDatabase", f"{glue}:database/ingest_prod_org_1")


def test_a_lease_lasts_longer_than_the_lakes_writer_may_run():
    assert QUEUES["lake"].handler_seconds < LEASE_SECONDS - MARGIN_SECONDS


def test_the_lakes_writer_takes_the_leases_of_files_and_not_those_of_ingest(prod, catalog):
    for action in ("dynamodb:GetItem", "dynamodb:PutItem"):
        assert may_on_items(prod, catalog, "lake_writer", action, lake_lease_key("env_1").pk), action
    assert not may_on_items(prod, catalog, "lake_writer", "dynamodb:PutItem", "POINTER#env_1")
    assert not may_on_items(prod, catalog, "bigquery_writer", "dynamodb:PutItem", lake_lease_key("env_1").pk)


def test_the_lakes_writer_is_asked_by_two_functions_and_by_no_other(prod):
    writer = f"arn:aws:lambda:{HERE}:function:ingest-prod-lake-writer"
    asking = {name for name in FUNCTIONS if may(prod, role_of(name), "lambda:InvokeFunction", writer)}
    assert asking == {"management", "provisioner"}


def test_what_looks_after_tables_reaches_files_of_the_lake_and_no_event_beside_it(prod):
    role = "State/LakeOptimizer"
    table = f"arn:aws:glue:{HERE}:table/ingest_prod_org_1/shop_live"
    granted = [statement for path, statement in statements_of(prod) if path.startswith(role)]
    changing = [one for one in granted if "glue:UpdateTable" in listed(one["Action"])]
    resources = [text_of(resource) for one in changing for resource in listed(one["Resource"])]
    assert any(fnmatchcase(table, resource) for resource in resources)
    assert not [one for one in granted if "glue:DeleteTable" in listed(one["Action"])]
    (writing,) = [one for one in granted if "s3:PutObject" in listed(one["Action"])]
    assert text_of(writing["Resource"]).endswith("/lake/*")


def test_streams_write_what_is_delivered_or_failed_and_nothing_beside_it(prod):
    granted = [statement for path, statement in statements_of(prod) if path.startswith("State/DeliveryRole")]
    (writing,) = [one for one in granted if "s3:PutObject" in listed(one["Action"])]
    keys = {text_of(resource).rpartition(":")[2].split("/", 1)[1] for resource in listed(writing["Resource"])}
    assert keys == {"environment=*", "failed/*"}
    owner = {"endpoint_id": "end_1", "organisation_id": "org_1"}
    environment = {"id": "env_1", "destination": {"type": "s3", "managed": True}, "streams": 1, **owner}
    prefix = stream_settings_for(Buckets("data", "landing"))(environment).prefix
    assert fnmatchcase(prefix, "environment=*")
    assert fnmatchcase(FAILED_PREFIX + prefix, "failed/*")
