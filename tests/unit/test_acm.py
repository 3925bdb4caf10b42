"""What AWS Certificate Manager says, and what becomes of it."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from adapters.acm import AcmCertificates
from domain.certificates.ports import CertificateBundle, DnsRecord
from domain.errors import Misconfigured, Rejected, Undelivered
from schemas.codes import Problem

BUNDLE = CertificateBundle("PEM", "", "very-secret", "RSA_2048")
VALIDATION = {"ResourceRecord": {"Name": "_a.x.example.", "Type": "CNAME", "Value": "_b.acm-validations.aws."}}


class Client:
    """Answers as told, by operation; an exception is raised."""

    def __init__(self, **answers):
        self.answers = answers
        self.requests = []

    def __getattr__(self, name):
        def call(**request):
            self.requests.append((name, request))
            answer = self.answers[name]
            if isinstance(answer, list):
                answer = answer.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refusal(code, message="very-secret"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def store(**answers):
    return AcmCertificates(Client(**answers), "prod")


@pytest.mark.parametrize(
    ("code", "error", "problem"),
    [
        ("LimitExceededException", Rejected, Problem.LIMIT_REACHED),
        ("ValidationException", Rejected, Problem.INVALID_REQUEST),
        ("InvalidParameterException", Rejected, Problem.INVALID_REQUEST),
        ("AccessDeniedException", Misconfigured, None),
        ("ThrottlingException", Undelivered, None),
    ],
)
def test_what_stands_against_an_import_is_told_without_the_vendors_words(code, error, problem):
    with pytest.raises(error) as caught:
        store(import_certificate=refusal(code)).keep(BUNDLE, "x.example")
    assert "very-secret" not in str(caught.value)
    if problem:
        assert caught.value.code is problem
        assert all(row["pointer"] == "/certificate" for row in caught.value.errors)


def test_an_import_is_marked_and_one_in_the_place_of_another_is_not_marked_again():
    acm = store(import_certificate={"CertificateArn": "arn"})
    acm.keep(BUNDLE, "x.example")
    acm.keep(BUNDLE, "x.example", "arn")
    (_, first), (_, second) = acm._client.requests
    assert {tag["Key"]: tag["Value"] for tag in first["Tags"]} == {
        "ingest-endpoints:deployment": "prod",
        "ingest-endpoints:domain": "x.example",
    }
    assert "CertificateChain" not in first
    assert second["CertificateArn"] == "arn"
    assert "Tags" not in second


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PENDING_VALIDATION", "pending"),
        ("ISSUED", "issued"),
        ("EXPIRED", "issued"),
        ("VALIDATION_TIMED_OUT", "failed"),
        ("FAILED", "failed"),
        ("REVOKED", "failed"),
        ("INACTIVE", "failed"),
    ],
)
def test_each_status_means_something_to_do(status, state):
    detail = {"Status": status, "DomainValidationOptions": [VALIDATION]}
    acm = store(describe_certificate={"Certificate": detail}, get_certificate={"Certificate": "PEM\n"})
    found = acm.look("arn")
    assert found.state == state
    assert found.validation == (DnsRecord("CNAME", "_a.x.example", "_b.acm-validations.aws"),)
    assert (found.pem is not None) == (state == "issued")
    assert (found.reason is not None) == (state == "failed")


def test_a_caa_record_in_the_way_is_named():
    detail = {"Status": "FAILED", "FailureReason": "CAA_ERROR"}
    assert "CAA" in store(describe_certificate={"Certificate": detail}).look("arn").reason


def test_records_that_acm_does_not_know_yet_are_none():
    detail = {"Status": "PENDING_VALIDATION", "DomainValidationOptions": [{"DomainName": "x.example"}]}
    assert store(describe_certificate={"Certificate": detail}).look("arn").validation == ()


def test_a_request_repeated_for_one_attempt_carries_the_same_token():
    acm = store(request_certificate={"CertificateArn": "arn"})
    for attempt in ("1", "1", "2"):
        acm.request("x.example", attempt)
    tokens = [request["IdempotencyToken"] for _, request in acm._client.requests]
    assert tokens[0] == tokens[1] != tokens[2]
    assert all(len(token) == 32 and token.isalnum() for token in tokens)


def test_a_full_account_asks_for_no_second_try():
    with pytest.raises(Undelivered, match="quota") as caught:
        store(request_certificate=refusal("LimitExceededException")).request("x.example", "1")
    assert not caught.value.retryable


@pytest.mark.parametrize("error", [refusal("ResourceInUseException"), EndpointConnectionError(endpoint_url="x")])
def test_what_is_in_use_or_out_of_reach_is_deleted_later(error):
    with pytest.raises(Undelivered) as caught:
        store(delete_certificate=error).delete("arn")
    assert caught.value.retryable


def test_certificates_of_other_deployments_and_those_in_use_are_not_listed():
    class Pages:
        def paginate(self, **_request):
            rows = [{"CertificateArn": name, "ImportedAt": datetime.now(UTC)} for name in ("ours", "theirs", "gone")]
            rows.append({"CertificateArn": "served", "ImportedAt": datetime.now(UTC), "InUse": True})
            return [{"CertificateSummaryList": rows}]

    tags = [[{"Key": "ingest-endpoints:deployment", "Value": name}] for name in ("prod", "dev")]
    answers = [*({"Tags": rows} for rows in tags), refusal("ResourceNotFoundException")]
    acm = store(list_tags_for_certificate=answers, get_paginator=None)
    acm._client.get_paginator = lambda _name: Pages()
    assert [kept.reference for kept in acm.list_kept()] == ["ours"]
