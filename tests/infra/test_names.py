"""Names of one stage are no other's, in an account that holds several, and in several regions."""

import re
from fnmatch import fnmatchcase
from itertools import permutations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from domain.catalog.provisioning import stream_names
from infra.settings.stage import StageSettings
from tests.infra.templates import listed, statements_of, text_of

LOOKALIKES = ("prod", "prod-eu", "prod-env", "eu-prod")
NAMED = {
    "AWS::CloudFront::Function": "Name",
    "AWS::CloudFront::OriginAccessControl": "OriginAccessControlConfig",
    "AWS::CloudFront::ResponseHeadersPolicy": "ResponseHeadersPolicyConfig",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
ONCE = {kind for kind in NAMED if kind.startswith("AWS::CloudFront::")} | {
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::Role",
    "AWS::S3::Bucket",
}
"""What an account, or all of AWS, has once by a name, and not once in each region."""
STAGE_NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,11}", fullmatch=True)


@pytest.fixture(scope="module")
def stages(synthesize):
    return {name: synthesize(StageSettings(name=name, region="eu-central-1")) for name in LOOKALIKES}


def names_in(synthesized):
    """Return what a stage's things are called whose names it chooses, as (kind, name)."""
    return {
        (kind, text_of(name.get("Name") if isinstance(name, dict) and "Name" in name else name))
        for stack in synthesized.templates
        for entry in synthesized.resources(stack).values()
        if (kind := entry["Type"]) in NAMED and (name := entry["Properties"].get(NAMED[kind])) is not None
    }


def made_at_run_time(name):
    """Return the ARNs of what functions of a stage make."""
    settings = StageSettings(name=name)
    here = "eu-central-1:111122223333"
    (stream,) = stream_names(settings.stream_prefix, "env_01arz3ndektsv4rrffq69g5fav", 1)
    return {
        f"arn:aws:firehose:{here}:deliverystream/{stream}",
        f"arn:aws:secretsmanager:{here}:secret:{settings.destination_secret_prefix}sec_1-a1B2c3",
        f"arn:aws:secretsmanager:{here}:secret:{settings.destination_secret_prefix}hook_1-a1B2c3",
        f"arn:aws:secretsmanager:{here}:secret:{settings.destination_secret_prefix}alert_1-a1B2c3",
        f"arn:aws:sns:{here}:{settings.mail_topic_prefix}tgt_1",
        f"arn:aws:secretsmanager:{here}:secret:{settings.secret_prefix}admin-token-a1B2c3",
        f"arn:aws:states:{here}:execution:ingest-{name}-redrives:1",
        f"arn:aws:states:{here}:execution:ingest-{name}-trials:trl_1",
    }


def resources_of(synthesized):
    return {text_of(part) for _, statement in statements_of(synthesized) for part in listed(statement["Resource"])}


def wildcards_of(synthesized):
    """Return every pattern of a resource that names the stage."""
    return {name for name in resources_of(synthesized) if re.match(r"arn:.*ingest-.*\*", name)}


@pytest.mark.slow
def test_stages_with_similar_names_share_no_name(stages):
    for one, other in permutations(stages.values(), 2):
        assert names_in(one) & names_in(other) == set()


@pytest.mark.slow
def test_no_pattern_of_a_stage_fits_what_another_stage_makes(stages):
    for one, other in permutations(stages, 2):
        patterns = wildcards_of(stages[one])
        assert len(patterns) >= 3
        for pattern in patterns:
            for arn in made_at_run_time(other):
                assert not fnmatchcase(arn, pattern), (one, other)
    for name, synthesized in stages.items():
        for arn in made_at_run_time(name):
            if ":execution:" not in arn:
                assert any(fnmatchcase(arn, pattern) for pattern in resources_of(synthesized)), arn


@given(STAGE_NAMES, STAGE_NAMES)
@example("prod", "prod-eu")
@example("prod", "prod-env")
def test_prefixes_of_two_stages_never_hold_each_others_names(one, other):
    assume(one != other)
    mine, theirs = StageSettings(name=one), StageSettings(name=other)
    (stream,) = stream_names(theirs.stream_prefix, "env_01arz3ndektsv4rrffq69g5fav", 1)
    assert not stream.startswith(f"{mine.stream_prefix}env_")
    assert not theirs.secret_prefix.startswith(mine.secret_prefix)
    assert mine.mark != theirs.mark


@pytest.mark.slow
def test_what_an_account_or_the_world_has_once_names_its_region(synthesize):
    here, there = (
        {name for kind, name in names_in(synthesize(StageSettings(name="prod", region=region))) if kind in ONCE}
        for region in ("eu-west-1", "us-west-2")
    )
    assert here & there == set()
    assert {re.sub("eu-west-1", "us-west-2", name) for name in here} == there
