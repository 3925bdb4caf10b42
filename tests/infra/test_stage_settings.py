"""Settings of a stage that can't work are refused before anything is made."""

import re
from fnmatch import fnmatchcase

import pytest

from domain.errors import Misconfigured
from infra.deployment import make_app
from infra.private_network import PrivateNetwork
from infra.settings import STAGES, settings_of
from infra.settings.stage import Firewall, HostedZone, StageSettings

ZONE = HostedZone(zone_id="Z1", name="example.com")
NETWORK = {
    "subnet_ids": ("subnet-0123456789abcdef0",),
    "security_group_ids": ("sg-0123456789abcdef0",),
    "postgres_networks": ("10.0.8.0/24", "fd00:1::/64"),
}
ARN = "arn:aws:acm:us-east-1:111122223333:certificate/1"


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_works_as_it_stands(stage):
    assert settings_of(stage).name == stage


def test_an_unknown_stage_is_refused_with_those_that_there_are():
    with pytest.raises(Misconfigured, match="There are: dev, prod, staging"):
        settings_of("production")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"name": "Prod"}, "name"),
        ({"account": "123"}, "account"),
        ({"python": "3.11"}, "python"),
        ({"region": "eu-south-1"}, "console_access_logs=False"),
        ({"firewall": Firewall()}, "console_acl_arn"),
        ({"region": "us-east-1", "firewall": Firewall(requests_per_5_minutes=9)}, "requests_per_5_minutes"),
        ({"ingest_domain": "in.example.com"}, "ingest_certificate_arn"),
        ({"ingest_domain": "in.example.org", "hosted_zone": ZONE}, "inside of the hosted zone"),
        ({"console_domain": "c.example.com", "hosted_zone": ZONE}, "us-east-1"),
        ({"front_door": "alb"}, "ingest_domain"),
        ({"front_door": "function_url", "concurrency": None}, "concurrency"),
        ({"function_url": True, "concurrency": None}, "concurrency"),
        ({"front_door": "function_url", "region": "me-central-1", "console_access_logs": False}, "no URLs in"),
        ({"function_url": True, "region": "ca-west-1", "console_access_logs": False}, "no URLs in"),
        (
            {"front_door": "function_url", "ingest_domain": "in.example.com", "hosted_zone": ZONE}
            | {"region": "eu-central-1"},
            "ingest_certificate_arn",
        ),
        (
            {"front_door": "function_url", "ingest_domain": "in.example.com", "hosted_zone": ZONE}
            | {"region": "us-east-1", "cloudfront_in_front": True},
            "cloudfront_in_front",
        ),
        (
            {"ingest_domain": "a.example.com", "console_domain": "a.example.com", "hosted_zone": ZONE}
            | {"console_certificate_arn": ARN},
            "differ",
        ),
        ({"log_retention_days": 8}, "log_retention_days"),
    ],
)
def test_what_can_not_be_deployed_is_refused_by_name(settings, named):
    with pytest.raises(Misconfigured, match=named):
        StageSettings(**{"name": "prod", **settings})


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"subnet_ids": ()}, "subnet_ids"),
        ({"subnet_ids": ("subnet-1",)}, "subnet_ids"),
        ({"security_group_ids": ()}, "security_group_ids"),
        ({"security_group_ids": NETWORK["security_group_ids"] * 6}, "security_group_ids"),
        ({"postgres_networks": ()}, "postgres_networks"),
        *(
            ({"postgres_networks": ("10.0.8.0/24", other)}, "postgres_networks")
            for other in ("10.0.8.1/24", "0.0.0.0/0", "127.0.0.0/8", "169.254.0.0/16", "8.8.8.0/24", "::/0", "db")
        ),
    ],
)
def test_a_private_network_has_subnets_and_groups_and_names_private_addresses_alone(settings, named):
    assert PrivateNetwork(**NETWORK).postgres_networks
    with pytest.raises(Misconfigured, match=named):
        PrivateNetwork(**{**NETWORK, **settings})


def test_a_console_domain_needs_no_certificate_where_cloudfront_looks_anyway():
    settings = StageSettings(name="prod", region="us-east-1", hosted_zone=ZONE, console_domain="c.example.com")
    assert settings.console_certificate_arn is None


def test_a_region_that_accounts_opt_in_to_is_one_without_the_consoles_access_log():
    assert StageSettings(name="prod", region="eu-south-1", console_access_logs=False).region == "eu-south-1"


def test_the_region_of_the_credentials_is_looked_at_where_the_stage_names_none(monkeypatch):
    monkeypatch.setenv("CDK_DEFAULT_REGION", "af-south-1")
    with pytest.raises(Misconfigured, match="af-south-1"):
        make_app(None, StageSettings(name="prod"))


def test_an_emulated_aws_runs_the_python_that_it_has():
    assert StageSettings(name="prod", python="3.11", aws_endpoint="https://localhost:4566").python == "3.11"


def test_no_databases_of_a_stages_lake_are_another_stages():
    """What a stage may reach is `<prefix>org_*`, and an organisation's id has no `_` but that one."""
    names = ("pro", "prod", "pro-d", "pro--d", "pro-", "pro-org", "pro-org-1")
    prefixes = [StageSettings(name=name).lake_database_prefix for name in names]
    found = [
        (one, other)
        for one in prefixes
        for other in prefixes
        if fnmatchcase(f"{other}org_1a", f"{one}org_*") and one is not other
    ]
    assert found == []
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,40}", prefix) for prefix in prefixes)
