"""Signatures, held against those of the SDK."""

import string
from datetime import UTC, datetime

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkCredentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.aws_http.credentials import Credentials
from adapters.aws_http.signing import Signer

NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-", min_size=1, max_size=20)
# What may stand in a header: visible characters, spaces and tabs, in any number and place.
VALUES = st.text([*string.ascii_letters, *string.digits, *" \t\t  ;,:=\"'/~%", "é"], max_size=40)
ODD_NAMES = st.sampled_from(
    ["User-Agent", "X-Amzn-Trace-Id", "Connection", "TE", "x-amz-target", "X-Amz-Meta-B", "Expect"]
)
PATHS = st.text([*string.ascii_letters, *"/////.._-~%2F+=:@!$&'()*,;é "], max_size=40).map(lambda path: f"/{path}")
QUERIES = st.text([*string.ascii_letters, *string.digits, *"&&&==%20+~-_."], max_size=40)
SECRETS = st.text([*string.ascii_letters, *string.digits, *"/+"], min_size=1, max_size=60)
TOKENS = st.one_of(st.none(), st.text([*string.ascii_letters, *string.digits, *"/+="], min_size=1, max_size=200))
MOMENTS = st.integers(0, 4_102_444_800)


def headers_from(pairs):
    """Return headers of which no two have one name in another case."""
    return {name: value for name, value in pairs if name.lower() not in {"host", "authorization", "x-amz-date"}}


def sdk_signature(method, path, query, headers, body, credentials, region, service, now_seconds):
    moment = datetime.fromtimestamp(now_seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
    # The SDK strips tabs and line ends off a URL, which no client sends.
    url = f"https://{headers['host']}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    request.context["timestamp"] = moment
    signer = SigV4Auth(SdkCredentials(*credentials), service, region)
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return request.headers["Authorization"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]),
    path=PATHS,
    query=QUERIES,
    pairs=st.lists(st.tuples(st.one_of(NAMES, ODD_NAMES), VALUES), max_size=8, unique_by=lambda pair: pair[0].lower()),
    body=st.one_of(st.just(b""), st.binary(max_size=200)),
    key_id=st.text(string.ascii_uppercase, min_size=1, max_size=20),
    secret=SECRETS,
    token=TOKENS,
    region=st.sampled_from(["eu-central-1", "us-gov-west-1", "cn-north-1"]),
    service=st.sampled_from(["firehose", "dynamodb", "sqs"]),
    moments=st.lists(MOMENTS, min_size=1, max_size=3),
)
def test_a_signature_is_that_of_the_sdk(
    method, path, query, pairs, body, key_id, secret, token, region, service, moments
):
    signer = Signer(service, region)
    credentials = Credentials(key_id, secret, token)
    headers = {"host": "service.example.com", **headers_from(pairs)}
    headers = {name: value for name, value in headers.items() if name.lower() != "x-amz-security-token"}
    for moment in moments:
        signed = signer.sign(method, path, query, headers, body, credentials, moment)
        assert signed["authorization"] == sdk_signature(
            method, path, query, headers, body, credentials, region, service, moment
        )
        assert signed.get("x-amz-security-token") == token


def test_what_changes_from_call_to_call_changes_the_signature_at_once():
    signer = Signer("firehose", "eu-central-1")
    headers = {"host": "firehose.eu-central-1.amazonaws.com"}
    seen = set()
    for secret, token, moment in [
        ("s1", "t1", 1_795_500_000),
        ("s1", "t2", 1_795_500_000),
        ("s2", "t2", 1_795_500_000),
        ("s2", "t2", 1_795_500_001),
        ("s2", "t2", 1_795_500_000 + 86_400),
        ("s1", "t1", 1_795_500_000 + 86_400),
    ]:
        credentials = Credentials("AKID", secret, token)
        signed = signer.sign("POST", "/", "", headers, b"{}", credentials, moment)
        assert signed["authorization"] == sdk_signature(
            "POST", "/", "", headers, b"{}", credentials, "eu-central-1", "firehose", moment
        )
        seen.add(signed["authorization"])
    assert len(seen) == 6


def test_credentials_show_neither_secret_nor_token():
    assert repr(Credentials("AKID", "the secret", "the token")) == "Credentials('AKID')"
