"""The front door without a price for a request: a URL of ingest, alone, beside others, and at a domain."""

import json
from dataclasses import replace

import pytest

from infra.settings.stage import StageSettings
from infra.verifying.emulated import emulated_host
from tests.infra.conftest import PLAIN
from tests.infra.templates import text_of

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/1"


@pytest.fixture(scope="module")
def alone(synthesize):
    return synthesize(replace(PLAIN, front_door="function_url"))


def outputs_of(synthesized):
    return {
        name: text_of(said["Value"])
        for stack in ("front", "service")
        for name, said in synthesized.templates[stack].get("Outputs", {}).items()
        if not name.startswith("Exports")
    }


def variables_of(synthesized, function):
    (found,) = [
        properties["Environment"]["Variables"]
        for properties in synthesized.properties("service", "AWS::Lambda::Function").values()
        if properties["Handler"] == f"functions.{function}.aws.handler"
    ]
    return {name: text_of(value) for name, value in found.items()}


def public_permissions(synthesized):
    found = synthesized.properties("service", "AWS::Lambda::Permission").values()
    return [
        {name: value for name, value in entry.items() if name not in {"FunctionName", "Principal"}}
        for entry in found
        if entry["Principal"] == "*"
    ]


def test_everyone_may_call_ingest_by_its_url_and_in_no_other_way(alone, full, by_url):
    for synthesized in (alone, full, by_url):
        (url,) = synthesized.properties("service", "AWS::Lambda::Url").values()
        assert "IngestFunction" in text_of(url["TargetFunctionArn"])
        assert url["AuthType"] == "NONE"
        assert "Cors" not in url, "the function answers preflights"
        assert sorted(public_permissions(synthesized), key=str) == [
            {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
            {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        ]


def test_a_stage_that_does_not_ask_for_one_has_no_url_and_lets_no_one_call_a_function(plain):
    assert plain.resources("service", "AWS::Lambda::Url") == {}
    assert public_permissions(plain) == []
    assert "FunctionUrl" not in outputs_of(plain)


def test_what_throttles_the_url_is_the_reserved_concurrency_of_ingest(alone):
    (ingest,) = [
        properties
        for properties in alone.properties("service", "AWS::Lambda::Function").values()
        if properties["Handler"] == "functions.ingest.aws.handler"
    ]
    assert ingest["ReservedConcurrentExecutions"] == PLAIN.concurrency.ingest


def test_alone_it_is_where_environments_have_their_addresses_and_the_api_serves_domains(alone):
    outputs = outputs_of(alone)
    (url,) = alone.resources("service", "AWS::Lambda::Url")
    assert outputs["IngestUrl"] == outputs["FunctionUrl"] == f"https://{url}.FunctionUrl"
    assert variables_of(alone, "management")["INGEST_BASE_URL"] == outputs["IngestUrl"]
    assert "IngestApi" in variables_of(alone, "provisioner")["INGEST_API_ID"]
    assert "execute-api" in outputs["IngestApiUrl"]


def test_the_consoles_pages_may_call_the_api_and_no_url_that_anyone_can_make(alone):
    (headers,) = alone.properties("front", "AWS::CloudFront::ResponseHeadersPolicy").values()
    security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = text_of(security["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    assert outputs_of(alone)["IngestApiUrl"] in policy
    assert "lambda-url" not in policy


def test_beside_another_door_its_address_is_said_and_nothing_else_moves(full):
    outputs = outputs_of(full)
    assert outputs["IngestUrl"] == "https://in.example.com"
    assert outputs["FunctionUrl"].endswith(".FunctionUrl")
    assert "IngestApiUrl" not in outputs
    assert full.resources("service", "AWS::CloudFront::Distribution") == {}
    assert variables_of(full, "management")["INGEST_BASE_URL"] == "https://in.example.com"


def distribution_of(synthesized):
    (distribution,) = synthesized.properties("service", "AWS::CloudFront::Distribution").values()
    return distribution["DistributionConfig"]


def test_a_domain_of_its_own_is_served_by_a_distribution_that_keeps_nothing(by_url):
    distribution = distribution_of(by_url)
    assert distribution["Aliases"] == ["in.example.com"]
    behaviour = distribution["DefaultCacheBehavior"]
    assert set(behaviour["AllowedMethods"]) >= {"GET", "HEAD", "OPTIONS", "POST"}
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    # AWS's own: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachingDisabled"
    assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac", "AllViewerExceptHostHeader"
    assert {entry["ErrorCachingMinTTL"] for entry in distribution["CustomErrorResponses"]} == {0}
    assert {entry["ErrorCode"] for entry in distribution["CustomErrorResponses"]} >= {400, 404, 405, 414, 500, 503}
    assert "Logging" not in distribution, "lines would hold the events of pixels"
    assert outputs_of(by_url)["IngestUrl"] == "https://in.example.com"


def test_the_distribution_shows_ingest_a_secret_and_the_viewers_address(by_url):
    (origin,) = distribution_of(by_url)["Origins"]
    assert text_of(origin["DomainName"]).endswith(".FunctionUrl")
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    (header,) = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == "x-ingest-front-secret"
    assert "{{resolve:secretsmanager:" in json.dumps(header["HeaderValue"])
    (function,) = by_url.properties("service", "AWS::CloudFront::Function").values()
    assert "request.headers['x-ingest-viewer'] = { value: event.viewer.ip }" in function["FunctionCode"]
    ingest = variables_of(by_url, "ingest")
    assert ingest["FRONT_IS_OURS"] == "true"
    assert "FrontSecret" in ingest["FRONT_SECRET_ID"]


def test_the_domains_records_of_both_kinds_lead_to_the_distribution(by_url):
    for stack, count in (("service", 2), ("front", 0)):
        records = [
            record
            for record in by_url.properties(stack, "AWS::Route53::RecordSet").values()
            if record["Name"] == "in.example.com."
        ]
        assert len(records) == count
    assert {record["Type"] for record in by_url.properties("service", "AWS::Route53::RecordSet").values()} == {
        "A",
        "AAAA",
    }


@pytest.mark.slow
def test_without_a_hosted_zone_the_distributions_name_is_said(synthesize):
    settings = StageSettings(
        name="prod", front_door="function_url", ingest_domain="in.example.com", ingest_certificate_arn=CERTIFICATE
    )
    synthesized = synthesize(settings)
    assert outputs_of(synthesized)["IngestAddress"].endswith(".DomainName")
    assert distribution_of(synthesized)["ViewerCertificate"]["AcmCertificateArn"] == CERTIFICATE


def test_errors_at_the_url_raise_an_alarm(alone, plain):
    def watched(synthesized):
        return {
            alarm["AlarmName"].removeprefix("ingest-plain-"): (alarm.get("Namespace"), alarm.get("MetricName"))
            for alarm in synthesized.properties("service", "AWS::CloudWatch::Alarm").values()
        }

    assert watched(alone)["server-errors-function-url"] == ("AWS/Lambda", "Url5xxCount")
    assert watched(alone).keys() - watched(plain).keys() == {"server-errors-function-url"}
    (dashboard,) = alone.properties("service", "AWS::CloudWatch::Dashboard").values()
    drawn = text_of(dashboard["DashboardBody"])
    assert all(f'"{name}"' in drawn for name in ("UrlRequestCount", "Url4xxCount", "Url5xxCount", "UrlRequestLatency"))


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("a1b2.execute-api.eu-central-1.amazonaws.com", "a1b2.execute-api.localhost"),
        ("a1b2.lambda-url.eu-central-1.on.aws", "a1b2.lambda-url.eu-central-1.localhost"),
        ("in.example.com", None),
    ],
)
def test_an_emulator_knows_an_api_and_a_function_by_a_name_of_its_own(host, known):
    assert emulated_host(host) == known
