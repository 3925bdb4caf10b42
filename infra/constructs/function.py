"""One Lambda function: a bundle of its own, a role of its own, a log group that forgets."""

from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from adapters.function_settings import variables_from_settings
from infra.bundles.bundle import ROOT, Target, bundle_of, cache_folder
from infra.constructs.log_groups import make_log_group
from infra.constructs.names import global_name
from infra.constructs.trust import service_of_this_account
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.settings.stage import StageSettings


class ServiceFunction(Construct):
    """A function of `functions/` as its spec describes it."""

    def __init__(self, scope: Construct, construct_id: str, *, spec: FunctionSpec, settings: StageSettings) -> None:
        """Make it with what feeds it."""
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        name = settings.function_name(spec.name)
        self.spec = spec
        self.log_group = make_log_group(self, "Logs", name=f"/aws/lambda/{name}", days=settings.log_retention_days)
        self.role = iam.Role(
            self,
            "Role",
            role_name=global_name(self, spec.name),
            assumed_by=service_of_this_account(self, "lambda.amazonaws.com"),
            description=f"What {name} may do",
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self.log_group.log_group_arn]
            )
        )
        network = spec.private_network
        for statement in (*spec.statements, *(grants.joining_a_network(stack, name) if network else ())):
            self.role.add_to_policy(statement)
        bundle = bundle_of(spec.name, Target(settings.python, settings.architecture))
        folder = bundle.build(cache_folder()) if stack.bundling_required else ROOT / "functions" / spec.name
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=spec.description,
            runtime=lambda_.Runtime(f"python{settings.python}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64
            if settings.architecture == "arm64"
            else lambda_.Architecture.X86_64,
            handler=f"{bundle.entry}.handler",
            code=lambda_.Code.from_asset(str(folder), asset_hash=bundle.digest),
            environment=variables_from_settings(spec.settings),
            memory_size=spec.memory_mib,
            ephemeral_storage_size=Size.mebibytes(spec.scratch_mib),
            timeout=Duration.seconds(spec.timeout_seconds),
            reserved_concurrent_executions=spec.reserved_concurrency,
            role=self.role.without_policy_updates(),
            log_group=self.log_group,
            # The runtime writes what the standard library logs as JSON, so that no function loads a library for it.
            # Its own lines, three for every request, would cost more than the request: 0.2 to 0.6 $ a million.
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            tracing=lambda_.Tracing.DISABLED,
        )
        if network is not None:
            made = self.function.node.default_child
            assert isinstance(made, lambda_.CfnFunction)
            made.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
                subnet_ids=list(network.subnet_ids), security_group_ids=list(network.security_group_ids)
            )
        self._feed(spec)

    def _feed(self, spec: FunctionSpec) -> None:
        if spec.queue is not None:
            spec.queue.queue.grant_consume_messages(self.role)
            self.function.add_event_source(
                sources.SqsEventSource(
                    spec.queue.queue,
                    batch_size=spec.batch_size,
                    max_batching_window=Duration.seconds(spec.batch_seconds) if spec.batch_seconds else None,
                    max_concurrency=spec.max_concurrency,
                    report_batch_item_failures=True,
                )
            )
        if spec.schedules:
            # A run of a schedule is made up for by the next one. Lambda itself would repeat one that failed twice, and
            # keep one that found the function busy for six hours: runs would queue where one takes too long.
            self.function.configure_async_invoke(retry_attempts=0, max_event_age=Duration.minutes(1))
        for number, schedule in enumerate(spec.schedules):
            events.Rule(
                self,
                f"Schedule{number or ''}",
                schedule=events.Schedule.rate(Duration.minutes(schedule.minutes)),
                targets=[
                    targets.LambdaFunction(
                        self.function,
                        event=events.RuleTargetInput.from_object(schedule.event) if schedule.event else None,
                        retry_attempts=0,
                    )
                ],
            )
