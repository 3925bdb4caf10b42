"""Settings of a stage that can't work are refused before anything is made."""

import pytest

from domain.errors import Misconfigured
from infra.settings import STAGES, settings_of
from infra.settings.stage import HostedZone, StageSettings

ZONE = HostedZone(zone_id="Z1", name="example.com")
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
        ({"python": "3.10"}, "python"),
        ({"ingest_domain": "in.example.com"}, "ingest_certificate_arn"),
        ({"ingest_domain": "in.example.org", "hosted_zone": ZONE}, "inside of the hosted zone"),
        ({"console_domain": "c.example.com", "hosted_zone": ZONE}, "us-east-1"),
        ({"front_door": "alb"}, "ingest_domain"),
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


def test_a_console_domain_needs_no_certificate_where_cloudfront_looks_anyway():
    settings = StageSettings(name="prod", region="us-east-1", hosted_zone=ZONE, console_domain="c.example.com")
    assert settings.console_certificate_arn is None
