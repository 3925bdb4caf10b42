"""Addresses, what stands in front of them, and what is noted of requests."""

import json
from dataclasses import replace

import pytest

from infra.settings.stage import Firewall, StageSettings
from tests.infra.conftest import BOTH, FULL, PLAIN
from tests.infra.templates import text_of

ACCOUNT = "111122223333"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1"
ACL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/console/1"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CORS_AND_SECURITY_HEADERS = "e61eb60c-9c35-4d20-a928-2b84e02af89c"
BARE = replace(BOTH, balancer_access_logs=False, firewall=None)
"""A load balancer as a stage has it that asks for nothing more."""


@pytest.fixture(scope="module")
def bare(synthesize):
    return synthesize(BARE)


@pytest.mark.parametrize("front_door", ["alb", pytest.param("both", marks=pytest.mark.slow)])
def test_a_load_balancer_is_synthesized_without_asking_the_account_for_its_zones(synthesize, front_door):
    synthesized = synthesize(replace(FULL, account=ACCOUNT, front_door=front_door))
    manifest = json.loads((synthesized.folder / "manifest.json").read_text())
    assert "missing" not in manifest
    subnets = synthesized.properties("front", "AWS::EC2::Subnet").values()
    assert [subnet["AvailabilityZone"] for subnet in subnets] == [
        {"Fn::Select": [number, {"Fn::GetAZs": ""}]} for number in range(2)
    ]


@pytest.mark.parametrize(
    ("front_door", "named"),
    [
        ("http_api", "RegionalDomainName"),
        pytest.param("both", "RegionalDomainName", marks=pytest.mark.slow),
        ("alb", "DNSName"),
    ],
)
def test_without_a_hosted_zone_the_address_of_the_ingest_domain_is_said(synthesize, front_door, named):
    settings = StageSettings(
        name="prod", ingest_domain="in.example.com", ingest_certificate_arn=CERTIFICATE, front_door=front_door
    )
    outputs = synthesize(settings).templates["front"]["Outputs"]
    assert outputs["IngestAddress"]["Value"]["Fn::GetAtt"][1] == named


def log_statements(synthesized):
    return [
        statement
        for policy in synthesized.properties("state", "AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "logdelivery" in str(statement["Principal"])
    ]


def balancer_attributes(synthesized):
    (balancer,) = synthesized.properties("front", "AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    return {entry["Key"]: text_of(entry["Value"]) for entry in balancer["LoadBalancerAttributes"]}


def test_a_load_balancer_notes_no_request_unless_the_stage_asks_for_it(bare):
    assert not [name for name in balancer_attributes(bare) if name.startswith("access_logs")]
    assert log_statements(bare) == []


def test_a_load_balancer_that_notes_requests_may_write_below_its_prefix_for_balancers_of_the_account(full):
    assert balancer_attributes(full)["access_logs.s3.prefix"] == "balancer"
    (statement,) = log_statements(full)
    assert statement["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    (source,) = statement["Condition"]["ArnLike"].values()
    assert text_of(source) == f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/*"
    assert text_of(statement["Resource"]).endswith(f"/balancer/AWSLogs/{ACCOUNT}/*")


def distribution_of(synthesized):
    (distribution,) = synthesized.properties("front", "AWS::CloudFront::Distribution").values()
    return distribution["DistributionConfig"]


@pytest.mark.slow
def test_cloudfront_notes_requests_unless_the_stage_says_no(synthesize, plain):
    assert distribution_of(plain)["Logging"]["Prefix"] == "console/"
    assert "Logging" not in distribution_of(synthesize(replace(PLAIN, console_access_logs=False)))


def test_a_firewall_is_there_only_where_a_stage_asks_for_it(plain, bare):
    for synthesized in (plain, bare):
        assert synthesized.resources("front", "AWS::WAFv2::WebACL") == {}
        assert "WebACLId" not in distribution_of(synthesized)


def test_a_firewall_limits_addresses_at_the_console_and_at_the_load_balancer(full):
    acls = {acl["Scope"]: acl for acl in full.properties("front", "AWS::WAFv2::WebACL").values()}
    assert set(acls) == {"CLOUDFRONT", "REGIONAL"}
    for acl in acls.values():
        rate = acl["Rules"][0]
        assert rate["Action"] == {"Block": {}}
        assert rate["Statement"]["RateBasedStatement"]["Limit"] == FULL.firewall.requests_per_5_minutes
        assert acl["VisibilityConfig"]["SampledRequestsEnabled"] is False, "samples hold queries and addresses"
    assert "ConsoleFirewall" in text_of(distribution_of(full)["WebACLId"])
    (association,) = full.properties("front", "AWS::WAFv2::WebACLAssociation").values()
    assert "BalancerFirewall" in text_of(association["WebACLArn"])


def test_no_rule_about_contents_blocks_an_event_or_a_body(full):
    for acl in full.properties("front", "AWS::WAFv2::WebACL").values():
        groups = {
            rule["Name"]: rule["Statement"]["ManagedRuleGroupStatement"]
            for rule in acl["Rules"]
            if "ManagedRuleGroupStatement" in rule["Statement"]
        }
        if acl["Scope"] == "REGIONAL":
            assert set(groups) == {"AWSManagedRulesAmazonIpReputationList"}
            continue
        assert {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"} < set(groups)
        for name, group in groups.items():
            counted = group.get("RuleActionOverrides", [])
            assert all(entry["ActionToUse"] == {"Count": {}} for entry in counted), name
            if name != "AWSManagedRulesAmazonIpReputationList":
                assert all(entry["Name"].endswith("_BODY") for entry in counted)
                assert counted


@pytest.mark.slow
def test_outside_of_us_east_1_the_consoles_firewall_is_the_one_that_is_named(synthesize):
    settings = StageSettings(name="prod", region="eu-central-1", firewall=Firewall(console_acl_arn=ACL))
    synthesized = synthesize(settings)
    assert distribution_of(synthesized)["WebACLId"] == ACL
    assert synthesized.resources("front", "AWS::WAFv2::WebACL") == {}


def test_the_consoles_cloudfront_shows_the_api_a_secret_and_the_viewers_address(bare):
    distribution = distribution_of(bare)
    (shown,) = [header for origin in distribution["Origins"] for header in origin.get("OriginCustomHeaders", [])]
    assert shown["HeaderName"] == "x-ingest-front-secret"
    assert "{{resolve:secretsmanager:" in json.dumps(shown["HeaderValue"])
    (behaviour,) = [made for made in distribution["CacheBehaviors"] if made["PathPattern"] == "/v1/*"]
    (function,) = behaviour["FunctionAssociations"]
    assert function["EventType"] == "viewer-request"
    codes = [made["FunctionCode"] for made in bare.properties("front", "AWS::CloudFront::Function").values()]
    assert any("request.headers['x-ingest-viewer'] = { value: event.viewer.ip }" in code for code in codes)


def test_the_client_for_pages_is_cached_and_shared_with_pages_of_any_origin(bare):
    distribution = distribution_of(bare)
    (behaviour,) = [made for made in distribution["CacheBehaviors"] if made["PathPattern"] == "/js/*"]
    assert behaviour["TargetOriginId"] == distribution["DefaultCacheBehavior"]["TargetOriginId"]
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    assert behaviour["CachePolicyId"] == CACHING_OPTIMIZED
    assert behaviour["ResponseHeadersPolicyId"] == CORS_AND_SECURITY_HEADERS
    assert "FunctionAssociations" not in behaviour


def test_pages_of_the_console_may_call_the_sign_in_and_the_ingest_address_and_nothing_else(plain, full):
    for synthesized, address in [(plain, "IngestApi"), (full, FULL.ingest_domain)]:
        (headers,) = synthesized.properties("front", "AWS::CloudFront::ResponseHeadersPolicy").values()
        security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        policy = text_of(security["ContentSecurityPolicy"]["ContentSecurityPolicy"])
        (allowed,) = [part.split() for part in policy.split("; ") if part.startswith("connect-src")]
        assert allowed[1] == "'self'"
        assert address in allowed[2]
        assert len(allowed) <= 4
