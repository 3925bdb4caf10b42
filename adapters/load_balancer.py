"""Custom domains at a load balancer: their certificates at its listener, which picks one by the name that is asked for.

It takes requests for every Host and hands them to ingest, which knows whose a domain is. So a domain is served by
having its certificate there, and by the DNS.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from adapters.aws_failures import CONFIG, failure_from, translated
from domain.certificates.ports import DnsRecord
from domain.errors import Undelivered

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html
_LIMIT = (
    "The load balancer has as many certificates as its quota allows: its operator can have it raised, or serve domains "
    "by the HTTP API."
)


def make_client() -> "ElasticLoadBalancingv2Client":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("elbv2", config=CONFIG)


class LoadBalancerFront:
    """Implements `DomainFront`; certificates are ARNs."""

    shares_listener = True

    def __init__(self, client: "ElasticLoadBalancingv2Client", listener: str, host: str) -> None:
        """Take the ARN of the HTTPS listener and the DNS name of its balancer."""
        self._client = client
        self._listener = listener
        self._host = host

    def serve(self, domain: str, certificate: str, former: Sequence[str] = ()) -> DnsRecord:
        with translated("serve a custom domain"):
            listed = self._listed()
            if certificate not in listed:
                self._add(certificate)
            self._remove(listed & set(former) - {certificate})
        return DnsRecord("CNAME", domain, self._host)

    def stop(self, domain: str, certificates: Sequence[str] = ()) -> None:  # noqa: ARG002 - known by certificates
        with translated("take a custom domain down"):
            self._remove(self._listed() & set(certificates))

    def _listed(self) -> set[str]:
        """Return the certificates beside the listener's own, which is the deployment's."""
        pages = self._client.get_paginator("describe_listener_certificates").paginate(ListenerArn=self._listener)
        return {
            found["CertificateArn"] for page in pages for found in page["Certificates"] if not found.get("IsDefault")
        }

    def _add(self, certificate: str) -> None:
        try:
            self._client.add_listener_certificates(
                ListenerArn=self._listener, Certificates=[{"CertificateArn": certificate}]
            )
        except ClientError as error:
            if failure_from(error).code == "TooManyCertificates":
                raise Undelivered(_LIMIT, retryable=False) from None
            if failure_from(error).code == "CertificateNotFound":
                # One that was imported a moment ago is not known everywhere yet.
                raise Undelivered("The load balancer does not know the certificate yet.") from None
            raise

    def _remove(self, certificates: set[str]) -> None:
        for certificate in sorted(certificates):
            self._client.remove_listener_certificates(
                ListenerArn=self._listener, Certificates=[{"CertificateArn": certificate}]
            )
