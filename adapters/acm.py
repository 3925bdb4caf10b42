"""Certificates in AWS Certificate Manager: imported with their keys, or issued there after a proof in the DNS.

What belongs to a deployment carries its tag: a region's certificates are one list for the whole account.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from adapters.aws_failures import CONFIG, failure_from, translated
from domain.certificates.ports import CertificateBundle, CertificateState, DnsRecord, KeptCertificate
from domain.errors import Rejected, Undelivered
from schemas.codes import Problem
from schemas.save_codes import CustomDomainFault

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_acm.literals import KeyAlgorithmType

DEPLOYMENT_TAG = "ingest-endpoints:deployment"
DOMAIN_TAG = "ingest-endpoints:domain"

# Unless they are named, ACM lists those of RSA_1024 and RSA_2048 only:
# https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
_KEY_TYPES: "Sequence[KeyAlgorithmType]" = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)
_LIMIT = (
    "AWS Certificate Manager holds as many certificates as this account may have: its operator can raise the quota."
)
# https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html
_FAILURES: Mapping[str, str] = {
    "ADDITIONAL_VERIFICATION_REQUIRED": "the operator has to prove the domain to AWS Support first",
    "CAA_ERROR": "a CAA record of the domain keeps amazon.com from issuing",
    "DOMAIN_NOT_ALLOWED": "the domain stands on a list of unsafe ones",
    "DOMAIN_VALIDATION_DENIED": "the domain was found unsafe",
    "INVALID_PUBLIC_DOMAIN": "the domain is under no public suffix",
}
_IS_THERE = frozenset({"ISSUED", "EXPIRED"})


def make_client() -> "ACMClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("acm", config=CONFIG)


class AcmCertificates:
    """Implements `CertificateStore`; a reference is an ARN."""

    def __init__(self, client: "ACMClient", deployment: str) -> None:
        """Take what marks the deployment's certificates, other than that of any other in the account."""
        self._client = client
        self._deployment = deployment

    def keep(self, bundle: CertificateBundle, domain: str, replaces: str | None = None) -> str:
        parts: dict[str, Any] = {
            "Certificate": bundle.certificate.encode(),
            "PrivateKey": bundle.private_key.encode(),
            **({"CertificateChain": bundle.chain.encode()} if bundle.chain else {}),
        }
        if replaces is not None:
            again = self._import({**parts, "CertificateArn": replaces})
            if again is not None:
                return again
        made = self._import({**parts, "Tags": self._tags(domain)})
        if made is None:
            raise Undelivered("AWS did not import a certificate.")
        return made

    def request(self, domain: str, attempt: str) -> str:
        with translated("request a certificate"):
            try:
                answer = self._client.request_certificate(
                    DomainName=domain,
                    ValidationMethod="DNS",
                    KeyAlgorithm="EC_prime256v1",
                    IdempotencyToken=sha256(f"{self._deployment} {domain} {attempt}".encode()).hexdigest()[:32],
                    Tags=self._tags(domain),  # type: ignore[arg-type]
                )
            except ClientError as error:
                if failure_from(error).code == "LimitExceededException":
                    raise Undelivered(_LIMIT, retryable=False) from None
                raise
        return answer["CertificateArn"]

    def look(self, reference: str) -> CertificateState | None:
        with translated("look at a certificate"):
            try:
                detail = self._client.describe_certificate(CertificateArn=reference)["Certificate"]
                validation = tuple(_records(detail))
                status = detail["Status"]
                if status in _IS_THERE:
                    return CertificateState("issued", validation=validation, pem=self._pem(reference))
            except ClientError as error:
                if failure_from(error).code == "ResourceNotFoundException":
                    return None
                raise
        if status == "PENDING_VALIDATION":
            return CertificateState("pending", validation=validation)
        return CertificateState("failed", _reason(status, detail.get("FailureReason")), validation)

    def delete(self, reference: str) -> None:
        with translated("delete a certificate"):
            try:
                self._client.delete_certificate(CertificateArn=reference)
            except ClientError as error:
                if failure_from(error).code != "ResourceNotFoundException":
                    raise

    def list_kept(self) -> Sequence[KeptCertificate]:
        kept = []
        with translated("list certificates"):
            pages = self._client.get_paginator("list_certificates").paginate(Includes={"keyTypes": list(_KEY_TYPES)})
            for page in pages:
                for summary in page["CertificateSummaryList"]:
                    if summary.get("InUse"):
                        continue  # a call for each of an account's certificates would take minutes
                    reference = summary["CertificateArn"]
                    kept_at = summary.get("ImportedAt") or summary.get("CreatedAt")
                    if isinstance(kept_at, datetime) and self._is_ours(reference):
                        kept.append(KeptCertificate(reference, int(kept_at.timestamp())))
        return kept

    def _import(self, request: Mapping[str, Any]) -> str | None:
        """Return the reference; None if the certificate whose place was to be taken is gone."""
        with translated("import a certificate"):
            try:
                return self._client.import_certificate(**request)["CertificateArn"]
            except ClientError as error:
                code = failure_from(error).code
                if code == "ResourceNotFoundException" and "CertificateArn" in request:
                    return None
                if code == "LimitExceededException":
                    raise Rejected(Problem.LIMIT_REACHED, _LIMIT) from None
                if code in {"ValidationException", "InvalidParameterException"}:
                    raise _refused() from None
                raise

    def _pem(self, reference: str) -> str:
        answer = self._client.get_certificate(CertificateArn=reference)
        return answer["Certificate"].rstrip("\n") + "\n" + (answer.get("CertificateChain") or "")

    def _is_ours(self, reference: str) -> bool:
        try:
            tags = self._client.list_tags_for_certificate(CertificateArn=reference)["Tags"]
        except ClientError as error:
            if failure_from(error).code == "ResourceNotFoundException":
                return False
            raise
        return any(tag["Key"] == DEPLOYMENT_TAG and tag.get("Value") == self._deployment for tag in tags)

    def _tags(self, domain: str) -> list[dict[str, str]]:
        return [{"Key": DEPLOYMENT_TAG, "Value": self._deployment}, {"Key": DOMAIN_TAG, "Value": domain}]


def _records(detail: Mapping[str, Any]) -> list[DnsRecord]:
    """Return what has to be in the DNS; ACM takes some seconds to say it, and names no record of imported ones."""
    rows = [option.get("ResourceRecord") for option in detail.get("DomainValidationOptions", ())]
    return [DnsRecord("CNAME", row["Name"].rstrip("."), row["Value"].rstrip(".")) for row in rows if row]


def _reason(status: str, failure: str | None) -> str:
    if status == "VALIDATION_TIMED_OUT":
        return "The validation record was not found within 72 hours: set it, then put the domain again."
    if status == "REVOKED":
        return "The certificate was revoked: put the domain again to have another issued."
    cause = _FAILURES.get(failure or "", failure or status)
    return f"AWS does not issue a certificate for the domain: {cause}."


def _refused() -> Rejected:
    message = (
        "AWS Certificate Manager does not take this certificate: mostly its key is of another kind than that of its "
        "issuer, or than that of the certificate it replaces."
    )
    code = CustomDomainFault.CERTIFICATE_REFUSED.value
    errors = [{"pointer": "/certificate", "code": code, "message": message}]
    return Rejected(Problem.INVALID_REQUEST, message, errors=errors)
