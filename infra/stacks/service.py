"""The functions, what sets them off, and who is told when they fail. Nothing in it has a memory."""

from dataclasses import replace

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from infra.constructs.authorizer import make_authorizer
from infra.constructs.dashboard import Dashboard
from infra.constructs.function import ServiceFunction
from infra.constructs.function_url import FunctionUrl, IngestDistribution
from infra.constructs.redrives import Redrives
from infra.constructs.trials import Trials
from infra.functions import functions_of, spec_of
from infra.functions.stacks import Stacks
from infra.settings.stage import StageSettings
from infra.stacks.alarms import make_alarms
from infra.stacks.front import FrontStack
from infra.stacks.state import StateStack


class ServiceStack(Stack):
    """What runs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        state: StateStack,
        front: FrontStack,
        **kwargs: object,
    ) -> None:
        """Make it for a stage, between what it remembers and where it is reached."""
        super().__init__(scope, construct_id, **kwargs)  # type: ignore[arg-type]
        stacks = Stacks(settings, state, front)
        ingest = ServiceFunction(self, "Ingest", spec=spec_of("ingest", stacks), settings=settings)
        self.url = FunctionUrl(self, "Url", function=ingest.function) if settings.has_function_url else None
        stacks = replace(stacks, function_url=self.url.address if self.url else None)
        self.functions = {
            name: ingest
            if name == "ingest"
            else ServiceFunction(self, _pascal(name), spec=spec_of(name, stacks), settings=settings)
            for name in functions_of(settings)
        }
        self._route(front)
        if self.url is not None:
            self._serve(self.url, settings, stacks)
        redrives = Redrives(
            self,
            "Redrives",
            name=stacks.redrives_name,
            arn=stacks.redrives_arn,
            function=self.functions["redrive"].function,
            bucket=state.data,
            log_days=settings.log_retention_days,
        )
        trials = Trials(
            self,
            "Trials",
            name=stacks.trials_name,
            arn=stacks.trials_arn,
            function=self.functions["trial"].function,
            log_days=settings.log_retention_days,
        )
        alarms = make_alarms(self, settings, state, front, self.url, self.functions, redrives, trials)
        dashboard = Dashboard(
            self,
            "Dashboard",
            stage=settings.name,
            stream_prefix=settings.stream_prefix,
            api=front.ingest,
            balancer=front.balancer,
            url=self.url,
            functions={name: made.function for name, made in self.functions.items()},
            queues=list(state.queues.values()),
            alarms=alarms.all,
        )
        CfnOutput(self, "BootstrapFunction", value=self.functions["bootstrap"].function.function_name)
        CfnOutput(self, "DashboardUrl", value=dashboard.url)

    def _route(self, front: FrontStack) -> None:
        ingest = self.functions["ingest"].function
        front.ingest.add_route(self, "Events", "$default", ingest)
        if front.balancer is not None:
            front.balancer.add_function(self, ingest)
        management = self.functions["management"].function
        authorizer = make_authorizer(self, front.management.api, self.functions["authorizer"].function)
        front.management.add_route(self, "Api", "$default", management, authorizer)

    def _serve(self, url: FunctionUrl, settings: StageSettings, stacks: Stacks) -> None:
        """Say where the function URL is, and give it the stage's domain if it is the front door."""
        state, front = stacks.state, stacks.front
        CfnOutput(self, "FunctionUrl", value=url.address)
        if settings.front_door != "function_url":
            return
        if settings.ingest_domain is None:
            CfnOutput(self, "IngestUrl", value=url.address)
            return
        assert state.front_secret is not None
        assert front.ingest_certificate is not None, "the settings see to it"
        distribution = IngestDistribution(
            self,
            "IngestDomain",
            url=url,
            secret=state.front_secret,
            domain=settings.ingest_domain,
            certificate=front.ingest_certificate,
        ).distribution
        if front.zone is None:
            CfnOutput(self, "IngestAddress", value=distribution.distribution_domain_name)
            return
        for kind, record in (("4", route53.ARecord), ("6", route53.AaaaRecord)):
            record(
                self,
                f"IngestAddress{kind}",
                zone=front.zone,
                record_name=f"{settings.ingest_domain}.",
                target=route53.RecordTarget.from_alias(targets.CloudFrontTarget(distribution)),
            )


def _pascal(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
