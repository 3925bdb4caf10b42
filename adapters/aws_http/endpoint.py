"""Where a service of AWS is reached."""

from collections.abc import Mapping
from typing import NamedTuple

from domain.errors import Misconfigured

_SECURE_PORT = 443
_PLAIN_PORT = 80


class Endpoint(NamedTuple):
    """An address; `host_header` is what requests to it name as their host, `ca_bundle` whom it is believed by."""

    host: str
    port: int
    is_secure: bool
    host_header: str
    ca_bundle: str | None = None


class Service(NamedTuple):
    """One of AWS's services that speak JSON: its names, and the form of its requests."""

    name: str
    """In host names and signatures."""
    variable: str
    """At the end of `AWS_ENDPOINT_URL_…`."""
    target_prefix: str
    content_type: str


FIREHOSE = Service("firehose", "FIREHOSE", "Firehose_20150804", "application/x-amz-json-1.1")
SQS = Service("sqs", "SQS", "AmazonSQS", "application/x-amz-json-1.0")
DYNAMODB = Service("dynamodb", "DYNAMODB", "DynamoDB_20120810", "application/x-amz-json-1.0")
SECRETS_MANAGER = Service("secretsmanager", "SECRETS_MANAGER", "secretsmanager", "application/x-amz-json-1.1")


def region_from_variables(variables: Mapping[str, str]) -> str:
    """Return the region that the environment names.

    Raises:
        Misconfigured: it names none.
    """
    region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION")
    if not region:
        raise Misconfigured("AWS_REGION must be set.")
    return region


def endpoint_from_variables(service: Service, variables: Mapping[str, str]) -> Endpoint:
    """Return where the environment says that a service is, by the same variables as the SDK reads.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html

    Raises:
        Misconfigured: an address is no URL, or there is no region.
    """
    ca_bundle = variables.get("AWS_CA_BUNDLE") or None
    if variables.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        for name in (f"AWS_ENDPOINT_URL_{service.variable}", "AWS_ENDPOINT_URL"):
            if url := variables.get(name):
                return _endpoint_of_url(name, url, ca_bundle)
    region = region_from_variables(variables)
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    host = f"{service.name}.{region}.{suffix}"
    return Endpoint(host, _SECURE_PORT, is_secure=True, host_header=host, ca_bundle=ca_bundle)


def _endpoint_of_url(name: str, url: str, ca_bundle: str | None) -> Endpoint:
    from urllib.parse import urlsplit  # noqa: PLC0415 - on AWS, no variable names an address

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not host.isascii() or parts.scheme not in {"http", "https"} or parts.path not in {"", "/"}:
        raise Misconfigured(f"{name} must be a URL: http or https, a host, and a port if it has one.")
    is_secure = parts.scheme == "https"
    ordinary = _SECURE_PORT if is_secure else _PLAIN_PORT
    written = f"[{host}]" if ":" in host else host
    header = written if port in {None, ordinary} else f"{written}:{port}"
    return Endpoint(host, port or ordinary, is_secure, header, ca_bundle)
