"""The custom domains of a deployment that goes: they are in its catalog, and in no stack."""

from collections.abc import Callable

import boto3

from adapters.acm import AcmCertificates
from adapters.api_gateway import ApiGatewayFront
from adapters.aws_failures import CONFIG
from adapters.domain_fronts import DomainFronts
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.load_balancer import LoadBalancerFront
from adapters.route53 import HostedZone
from domain.certificates.ports import DomainFront
from domain.clock import Clock
from domain.errors import Misconfigured
from functions.provisioner.domains import Domains
from infra.outputs import make_client, outputs_if_there
from infra.settings.stage import StageSettings

WAIT_SECONDS = 600
"""A certificate counts as in use for some minutes after its last domain name is gone."""
_PAUSE_SECONDS = 10


def remove_domains(settings: StageSettings, clock: Clock, sleep: Callable[[float], None]) -> int:
    """Remove every custom domain with its certificate and records; return how many there were.

    Raises:
        Misconfigured: some are still in use after `WAIT_SECONDS`.
    """
    catalog = _catalog(settings)
    if catalog is None:
        return 0
    domains = _Domains(settings, catalog, clock)
    count = len(domains.of_catalog.look_again())
    for _ in range(WAIT_SECONDS // _PAUSE_SECONDS):
        left = domains.of_catalog.remove_all()
        if not left:
            break
        sleep(_PAUSE_SECONDS)
    else:
        reasons = "; ".join(f"{domain}: {reason or 'it is still worked on'}" for domain, reason in left.items())
        raise Misconfigured(f"Custom domains are not gone yet; try again in some minutes. {reasons}")
    for certificate in domains.certificates.list_kept():  # of requests that were cut short
        domains.certificates.delete(certificate.reference)
    return count


def detach_domains(settings: StageSettings, clock: Clock) -> int:
    """Let every custom domain lead nowhere; return how many there are.

    Each keeps its certificate, and the address that its DNS record names. The first look of the next deployment's
    provisioner leads all of them to the new API.
    """
    catalog = _catalog(settings)
    if catalog is None:
        return 0
    domains = _Domains(settings, catalog, clock)
    found = domains.of_catalog.look_again()
    for domain in found:
        domains.front.unmap(domain)
    return len(found)


def _catalog(settings: StageSettings) -> str | None:
    """Return the catalog's table, or None if there is no deployment."""
    return outputs_if_there(make_client(settings), f"ingest-{settings.name}-state").get("CatalogTableName")


class _Domains:
    """What works on the custom domains of a deployment, from outside of it."""

    def __init__(self, settings: StageSettings, catalog: str, clock: Clock) -> None:
        region, lent, mark = settings.region, settings.custom_domain_zone, settings.mark
        said = outputs_if_there(make_client(settings), f"ingest-{settings.name}-front")
        # Nothing is served from here, so no front door need know where it leads.
        self.front = ApiGatewayFront(boto3.client("apigatewayv2", region_name=region, config=CONFIG), "", "", mark)
        fronts: list[DomainFront] = [self.front]
        if "BalancerListener" in said:
            balancers = boto3.client("elbv2", region_name=region, config=CONFIG)
            fronts.append(LoadBalancerFront(balancers, said["BalancerListener"], said["BalancerAddress"]))
        self.certificates = AcmCertificates(boto3.client("acm", region_name=region, config=CONFIG), mark)
        zone = HostedZone(boto3.client("route53", config=CONFIG), lent.zone_id, lent.name) if lent else None
        table = DynamoTable(make_dynamodb_client(region), catalog, clock)
        self.of_catalog = Domains(table, self.certificates, DomainFronts(*fronts), zone, clock)
