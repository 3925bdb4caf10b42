"""The functions, what sets them off, and who is told when they fail. Nothing in it has a memory."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.constructs.authorizer import make_authorizer
from infra.constructs.dashboard import Dashboard
from infra.constructs.function import ServiceFunction
from infra.constructs.redrives import Redrives
from infra.constructs.trials import Trials
from infra.functions import FUNCTIONS, spec_of
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
        self.functions = {
            name: ServiceFunction(self, _pascal(name), spec=spec_of(name, stacks), settings=settings)
            for name in FUNCTIONS
        }
        self._route(front)
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
        alarms = make_alarms(self, settings, state, front, self.functions, redrives, trials)
        dashboard = Dashboard(
            self,
            "Dashboard",
            stage=settings.name,
            stream_prefix=settings.stream_prefix,
            api=front.ingest,
            balancer=front.balancer,
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


def _pascal(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
