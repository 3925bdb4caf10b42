"""What has a memory is encrypted, kept, and reached by whom it is meant for."""

import pytest

from infra.settings.stage import StageSettings
from tests.infra.templates import listed, statements_of, text_of

KEPT_TYPES = {
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
}


@pytest.fixture(scope="module")
def prod(synthesize):
    return synthesize(StageSettings(name="prod")).resources("state")


@pytest.fixture(scope="module")
def dev(synthesize):
    return synthesize(StageSettings(name="dev", keep_data=False)).resources("state")


def is_of_taps(name):
    """Say whether a table holds what nobody would miss: live events of the last hour."""
    return name.startswith("TablesTaps")


def of_type(resources, kind):
    return {name: found["Properties"] for name, found in resources.items() if found["Type"] == kind}


def test_nothing_with_a_memory_goes_with_a_stack_of_production(prod):
    kept = {name: found for name, found in prod.items() if found["Type"] in KEPT_TYPES and not is_of_taps(name)}
    assert len(kept) > 10
    assert all(found["DeletionPolicy"] == found["UpdateReplacePolicy"] == "Retain" for found in kept.values())
    tables = of_type(prod, "AWS::DynamoDB::Table")
    assert [name for name, table in tables.items() if not table["DeletionProtectionEnabled"]] == [
        name for name in tables if is_of_taps(name)
    ]


def test_a_developers_stack_goes_whole(dev):
    assert not [name for name, found in dev.items() if found.get("DeletionPolicy") == "Retain"]


@pytest.mark.slow
def test_a_second_factor_is_demanded_and_can_be_switched_off(synthesize, prod):
    (pool,) = of_type(prod, "AWS::Cognito::UserPool").values()
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    plain = synthesize(StageSettings(name="prod", second_factor="off")).resources("state")
    (pool,) = of_type(plain, "AWS::Cognito::UserPool").values()
    assert pool["MfaConfiguration"] == "OFF"
    assert "EnabledMfas" not in pool


def test_the_state_says_what_people_are_told_to_name(synthesize):
    outputs = synthesize(StageSettings(name="prod")).templates["state"]["Outputs"]
    assert "UserPoolId" in outputs
    assert "IdentityRole" in outputs["IdentityRoleArn"]["Value"]["Fn::GetAtt"][0]


@pytest.mark.slow
def test_roles_which_the_whole_account_has_once_are_named_after_their_region(synthesize):
    for region in ("eu-central-1", "us-east-1"):
        synthesized = synthesize(StageSettings(name="prod", region=region))
        for stack in ("state", "service"):
            named = [
                role["RoleName"]
                for role in synthesized.properties(stack, "AWS::IAM::Role").values()
                if "RoleName" in role
            ]
            assert named
            assert all(name.endswith(f"-{region}") for name in named)
            assert max(map(len, named)) <= 64


def test_only_three_functions_vouch_for_an_organisation_and_name_one(prod):
    (role,) = [
        role for role in of_type(prod, "AWS::IAM::Role").values() if "-identity-" in text_of(role.get("RoleName", ""))
    ]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    functions = {text_of(arn).rpartition("/")[2] for arn in statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]}
    assert functions == {
        f"ingest-prod-{name}-eu-central-1" for name in ("bigquery-writer", "management", "provisioner")
    }
    assert statement["Condition"]["StringLike"] == {"sts:RoleSessionName": "org_*"}


@pytest.mark.slow
def test_a_table_of_another_name_takes_the_place_of_one_that_stays(synthesize):
    own, other = (
        synthesize(StageSettings(name="prod", catalog_table=name, counters_table=name and f"{name}-counters"))
        for name in (None, "restored")
    )
    assert own.resources("state") == other.resources("state"), "nothing is removed or replaced"
    exported = [set(synthesized.templates["state"]["Outputs"]) for synthesized in (own, other)]
    assert {name for name in exported[0] if "Tables" in name} <= exported[1], "an export in use can't go"
    for properties in other.properties("service", "AWS::Lambda::Function").values():
        variables = properties.get("Environment", {}).get("Variables", {})
        assert variables.get("CATALOG_TABLE", "restored") == "restored"
        assert variables.get("COUNTERS_TABLE", "restored-counters") == "restored-counters"
    tables = {
        text_of(resource).rpartition("/")[2]
        for _, statement in statements_of(other)
        if any(action.startswith("dynamodb:") for action in listed(statement["Action"]))
        for resource in listed(statement["Resource"])
    }
    assert {name for name in tables if "TablesTaps" not in name} == {"restored", "restored-counters"}


def test_a_load_balancers_log_is_kept_for_a_week_and_other_access_logs_as_long_as_the_stage_says(prod):
    (rules,) = [
        bucket["LifecycleConfiguration"]["Rules"]
        for name, bucket in of_type(prod, "AWS::S3::Bucket").items()
        if name.startswith("AccessLogs")
    ]
    assert {(rule.get("Prefix"), rule["ExpirationInDays"]) for rule in rules} == {(None, 30), ("balancer/", 7)}


def test_tables_are_on_demand_encrypted_and_can_be_restored(prod):
    tables = of_type(prod, "AWS::DynamoDB::Table")
    assert len(tables) == 3
    for name, table in tables.items():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        is_backed_up = not is_of_taps(name)  # a backup would keep live events for longer than an hour
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": is_backed_up}
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_every_queue_but_the_dead_letters_has_dead_letters_and_all_are_encrypted(prod):
    queues = of_type(prod, "AWS::SQS::Queue")
    for queue in queues.values():
        assert queue["SqsManagedSseEnabled"] is True
        is_of_taps = queue["QueueName"].removesuffix("-dead").endswith("-taps")
        assert queue["MessageRetentionPeriod"] == (3_600 if is_of_taps else 14 * 86_400)
        assert ("RedrivePolicy" in queue) != queue["QueueName"].endswith("-dead")
    assert len(queues) == 16


def test_buckets_are_private_encrypted_and_reached_by_tls_alone(prod):
    buckets = of_type(prod, "AWS::S3::Bucket")
    assert len(buckets) == 3
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert "BucketEncryption" in bucket
    policies = of_type(prod, "AWS::S3::BucketPolicy").values()
    denials = [
        statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(denials) == 3
    assert all(denial["Effect"] == "Deny" for denial in denials)


def test_what_is_refused_and_what_has_landed_expires_and_what_is_delivered_does_not(prod):
    rules = {
        (rule.get("Prefix"), rule.get("ExpirationInDays"))
        for name, bucket in of_type(prod, "AWS::S3::Bucket").items()
        if not name.startswith("AccessLogs")
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    assert rules == {("quarantine/", 30), ("redrives/", 7), ("environment=", 14), ("repeats/", 30)}  # none: redriven/


def test_delivered_landed_and_failed_objects_are_told_to_their_queues(prod):
    told = {
        (config["Filter"]["S3Key"]["Rules"][0]["Value"], config["Queue"]["Fn::GetAtt"][0])
        for bucket in of_type(prod, "AWS::S3::Bucket").values()
        for config in bucket.get("NotificationConfiguration", {}).get("QueueConfigurations", [])
    }
    assert {(prefix, queue.partition("Queue")[0]) for prefix, queue in told} == {
        ("environment=", "Delivered"),
        ("environment=", "Landing"),
        ("failed/", "Failed"),
    }


def test_only_firehose_for_this_account_may_be_the_delivery_role(prod):
    statements = [
        statement
        for role in of_type(prod, "AWS::IAM::Role").values()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
        if "firehose" in str(statement["Principal"])
    ]
    (statement,) = statements
    assert statement["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert set(statement["Condition"]["StringEquals"]) == {"sts:ExternalId", "aws:SourceAccount"}


def test_cloudfront_in_front_has_a_secret_that_ingest_alone_reads(synthesize, prod):
    assert len(of_type(prod, "AWS::SecretsManager::Secret")) == 2
    found = synthesize(StageSettings(name="prod", cloudfront_in_front=True))
    (name,) = [name for name in of_type(found.resources("state"), "AWS::SecretsManager::Secret") if "Front" in name]
    reading = {
        role
        for role, statement in statements_of(found)
        if "secretsmanager:GetSecretValue" in listed(statement["Action"]) and name in text_of(statement["Resource"])
    }
    assert len(reading) == 1
    assert reading.pop().startswith("Service/IngestRole")
