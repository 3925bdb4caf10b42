"""Custom domains at an HTTP API of API Gateway: a domain name with its certificate, mapped to the API's stage.

A domain name is one of the account and the region, of any deployment: those of this deployment carry its tag, and no
other is touched.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from adapters.aws_failures import CONFIG, failure_from, translated
from domain.certificates.ports import DnsRecord
from domain.errors import Undelivered

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import ApiMappingTypeDef, DomainNameConfigurationTypeDef

DEPLOYMENT_TAG = "ingest-endpoints:deployment"

_LIMITS = frozenset({"LimitExceededException", "ServiceQuotaExceededException"})
_LIMIT_WORDS = ("limit", "maximum", "quota")  # API Gateway has no code of its own for it on HTTP APIs
_LIMIT = (
    "API Gateway has as many custom domains as this account may have in the region: its operator can raise the quota, "
    "or serve domains by a load balancer."
)
_TAKEN = "The domain exists at API Gateway already, and is not this deployment's: have it removed there."


def make_client() -> "ApiGatewayV2Client":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("apigatewayv2", config=CONFIG)


class ApiGatewayFront:
    """Implements `DomainFront`; certificates are ARNs, each at a name of its own."""

    shares_listener = False

    def __init__(self, client: "ApiGatewayV2Client", api_id: str, stage: str, deployment: str) -> None:
        """Take the API and the stage to which domains lead, and what marks the deployment's domain names."""
        self._client = client
        self._api_id = api_id
        self._stage = stage
        self._deployment = deployment

    def serve(self, domain: str, certificate: str, former: Sequence[str] = ()) -> DnsRecord:  # noqa: ARG002 - one a name
        with translated("serve a custom domain"):
            found = self._find(domain)
            if found is None:
                found = self._create(domain, certificate)
            elif not self._is_ours(found):
                raise Undelivered(_TAKEN, retryable=False)
            elif _configuration(found).get("CertificateArn") != certificate:
                self._client.update_domain_name(
                    DomainName=domain, DomainNameConfigurations=[_wanted_configuration(certificate)]
                )
            self._map(domain)
        return DnsRecord("CNAME", domain, _configuration(found)["ApiGatewayDomainName"])

    def stop(self, domain: str, certificates: Sequence[str] = ()) -> None:  # noqa: ARG002 - they go with the name
        with translated("take a custom domain down"):
            found = self._find(domain)
            if found is None or not self._is_ours(found):
                return
            try:
                for mapping in self._mappings(domain):
                    self._client.delete_api_mapping(DomainName=domain, ApiMappingId=mapping["ApiMappingId"])
                self._client.delete_domain_name(DomainName=domain)
            except ClientError as error:
                if failure_from(error).code != "NotFoundException":  # another run was faster
                    raise

    def unmap(self, domain: str) -> None:
        """Let the domain lead nowhere, so that its API can be deleted; what its DNS record names stays as it is.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html
        """
        with translated("detach a custom domain"):
            found = self._find(domain)
            if found is not None and self._is_ours(found):
                for mapping in self._mappings(domain):
                    self._client.delete_api_mapping(DomainName=domain, ApiMappingId=mapping["ApiMappingId"])

    def _find(self, domain: str) -> Mapping[str, Any] | None:
        try:
            return self._client.get_domain_name(DomainName=domain)
        except ClientError as error:
            if failure_from(error).code == "NotFoundException":
                return None
            raise

    def _create(self, domain: str, certificate: str) -> Mapping[str, Any]:
        try:
            return self._client.create_domain_name(
                DomainName=domain,
                DomainNameConfigurations=[_wanted_configuration(certificate)],
                Tags={DEPLOYMENT_TAG: self._deployment},
            )
        except ClientError as error:
            code = failure_from(error).code
            text = str(error.response.get("Error", {}).get("Message", "")).lower()
            if code in _LIMITS or (code == "BadRequestException" and any(word in text for word in _LIMIT_WORDS)):
                raise Undelivered(_LIMIT, retryable=False) from None
            if code == "ConflictException" or (code == "BadRequestException" and "already exists" in text):
                raise Undelivered(_TAKEN, retryable=False) from None
            if code == "BadRequestException":
                message = "API Gateway does not serve this domain with this certificate: put the domain with another."
                raise Undelivered(message, retryable=False) from None
            raise

    def _map(self, domain: str) -> None:
        """Lead the domain's root to the API, and nowhere else."""
        mappings = self._mappings(domain)
        if any(mapping["ApiId"] == self._api_id and mapping["Stage"] == self._stage for mapping in mappings):
            return
        for mapping in mappings:
            self._client.delete_api_mapping(DomainName=domain, ApiMappingId=mapping["ApiMappingId"])
        self._client.create_api_mapping(DomainName=domain, ApiId=self._api_id, Stage=self._stage)

    def _mappings(self, domain: str) -> "list[ApiMappingTypeDef]":
        return self._client.get_api_mappings(DomainName=domain).get("Items", [])

    def _is_ours(self, found: Mapping[str, Any]) -> bool:
        return bool(found.get("Tags", {}).get(DEPLOYMENT_TAG) == self._deployment)


def _configuration(found: Mapping[str, Any]) -> Mapping[str, Any]:
    configuration: Mapping[str, Any] = found["DomainNameConfigurations"][0]
    return configuration


def _wanted_configuration(certificate: str) -> "DomainNameConfigurationTypeDef":
    return {"CertificateArn": certificate, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
