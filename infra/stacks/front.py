"""The addresses: front doors of ingest, the API behind `/v1`, the console, their domains and certificates.

No function is in it: those add their routes from the service stack, so that deploying them moves no address.
"""

from aws_cdk import CfnOutput, Fn, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from infra.constructs.api import Api
from infra.constructs.console_site import ConsoleSite
from infra.constructs.firewall import make_console_acl
from infra.constructs.load_balancer import ZONES, LoadBalancer
from infra.constructs.sign_in import make_console_client
from infra.settings.stage import StageSettings
from infra.stacks.state import StateStack

MANAGEMENT_REQUESTS_PER_SECOND = 200
MANAGEMENT_BURST = 400


class FrontStack(Stack):
    """What clients and people connect to."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, state: StateStack, **kwargs: object
    ) -> None:
        """Make it for a stage."""
        super().__init__(scope, construct_id, **kwargs)  # type: ignore[arg-type]
        self.zone = (
            route53.HostedZone.from_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=settings.hosted_zone.zone_id, zone_name=settings.hosted_zone.name
            )
            if settings.hosted_zone
            else None
        )
        certificate = self._certificate("Ingest", settings.ingest_domain, settings.ingest_certificate_arn)
        self.ingest_certificate = certificate
        self.ingest = Api(
            self,
            "Ingest",
            name=f"ingest-{settings.name}-events",
            description="Takes events in",
            requests_per_second=settings.ingest_requests_per_second,
            burst=settings.ingest_burst,
            domain=settings.ingest_domain if settings.front_door in {"http_api", "both"} else None,
            certificate=certificate,
        )
        self.management = Api(
            self,
            "Management",
            name=f"ingest-{settings.name}-management",
            description="Serves /v1",
            requests_per_second=MANAGEMENT_REQUESTS_PER_SECOND,
            burst=MANAGEMENT_BURST,
            access_log_days=settings.log_retention_days,
        )
        self.balancer: LoadBalancer | None = None
        if settings.has_balancer:
            assert certificate is not None, "the settings see to it"
            self.balancer = LoadBalancer(
                self,
                "Balancer",
                stage=settings.name,
                certificate=certificate,
                access_logs=state.access_logs if settings.balancer_access_logs else None,
                firewall=settings.firewall,
                log_days=settings.log_retention_days,
                keep_data=settings.keep_data,
            )
        self.ingest_url = f"https://{settings.ingest_domain or self.ingest.host}"
        """Where the console sends test events. With a function URL for the front door this is the HTTP API, which is
        there all the same: the URL is made with its function, and so after the policy of the console's pages."""
        self.site = ConsoleSite(
            self,
            "Console",
            api_host=self.management.host,
            secret=state.console_secret,
            # The console sends test events to ingest itself.
            connects_to=[self.ingest_url, *([state.users.page_url] if state.users else [])],
            access_logs=state.access_logs,
            logs_requests=settings.console_access_logs,
            domain=settings.console_domain,
            certificate=self._certificate("Console", settings.console_domain, settings.console_certificate_arn),
            acl_arn=self._console_acl(settings),
        )
        self.client = make_console_client(self, state.users.pool, self.site.url) if state.users else None
        self._set_addresses(settings)
        self._say(settings, state)

    @property
    def availability_zones(self) -> list[str]:
        """The first two zones of whichever region it is: CDK would look them up, with credentials of the account."""
        return [Fn.select(number, Fn.get_azs()) for number in range(ZONES)]

    def _console_acl(self, settings: StageSettings) -> str | None:
        firewall = settings.firewall
        if firewall is None or firewall.console_acl_arn is not None:
            return firewall.console_acl_arn if firewall else None
        acl = make_console_acl(
            self,
            "ConsoleFirewall",
            name=f"ingest-{settings.name}-console",
            requests_per_5_minutes=firewall.requests_per_5_minutes,
        )
        return acl.attr_arn

    def _certificate(self, name: str, domain: str | None, arn: str | None) -> acm.ICertificate | None:
        if domain is None:
            return None
        if arn is not None:
            return acm.Certificate.from_certificate_arn(self, f"{name}Certificate", arn)
        return acm.Certificate(
            self,
            f"{name}Certificate",
            domain_name=domain,
            validation=acm.CertificateValidation.from_dns(self.zone),
            transparency_logging_enabled=True,
        )

    def _set_addresses(self, settings: StageSettings) -> None:
        if self.zone is None:
            return
        if settings.ingest_domain and not settings.has_ingest_distribution:
            target: route53.IAliasRecordTarget
            if settings.front_door == "alb":
                assert self.balancer is not None
                target = targets.LoadBalancerTarget(self.balancer.balancer)
            else:
                assert self.ingest.domain_name is not None
                target = targets.ApiGatewayv2DomainProperties(
                    self.ingest.domain_name.regional_domain_name, self.ingest.domain_name.regional_hosted_zone_id
                )
            self._alias("Ingest", settings.ingest_domain, target)
        if settings.console_domain:
            self._alias("Console", settings.console_domain, targets.CloudFrontTarget(self.site.distribution))

    def _alias(self, name: str, domain: str, target: route53.IAliasRecordTarget) -> None:
        assert self.zone is not None
        for kind, record in (("4", route53.ARecord), ("6", route53.AaaaRecord)):
            if kind == "6" and name == "Ingest":
                continue  # no front door of this stack has an address of version 6 as it is set up here
            record(
                self,
                f"{name}Address{kind}",
                zone=self.zone,
                record_name=f"{domain}.",
                target=route53.RecordTarget.from_alias(target),
            )

    def _say(self, settings: StageSettings, state: StateStack) -> None:
        is_at_function = settings.front_door == "function_url" and settings.ingest_domain is None
        said = {
            "IngestApiUrl" if is_at_function else "IngestUrl": self.ingest_url,
            "ConsoleUrl": self.site.url,
            "ManagementUrl": f"https://{self.management.host}",
            "ConsoleBucketName": self.site.bucket.bucket_name,
            "DistributionId": self.site.distribution.distribution_id,
        }
        if state.users and self.client:
            said |= {"SignInPage": state.users.page_url, "SignInClientId": self.client.user_pool_client_id}
        if self.balancer is not None:
            said["BalancerAddress"] = self.balancer.balancer.load_balancer_dns_name
            said["BalancerListener"] = self.balancer.listener.listener_arn
        if settings.ingest_domain and self.zone is None and not settings.has_ingest_distribution:
            address = self.ingest.domain_name.regional_domain_name if self.ingest.domain_name else None
            said["IngestAddress"] = address or said["BalancerAddress"]
        if settings.console_domain and self.zone is None:
            said["ConsoleAddress"] = self.site.distribution.distribution_domain_name
        for name, value in said.items():
            CfnOutput(self, name, value=value)
