"""The state machine of trials: one step of the trial function after the other, until the trial has ended.

A step looks at events for about a minute and keeps what it has found; the next goes on from there.
"""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.machines import end_with_its_execution, make_machine, make_role, make_step

MACHINE_HOURS = 4
"""More than a trial may work for, and all tries of one of its steps."""


class Trials(Construct):
    """A machine whose executions are named after their trials, so that none is started twice."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        arn: str,
        function: lambda_.IFunction,
        log_days: int,
    ) -> None:
        """Make it: `name` and `arn` are known before, since the function has to know them, too."""
        super().__init__(scope, construct_id)
        trial_id = sfn.JsonPath.string_at("$.trial_id")
        work = make_step(self, "Work", function, {"step": "work", "trial_id": trial_id})
        fail = make_step(self, "Fail", function, {"step": "fail", "trial_id": trial_id})
        fail.next(sfn.Fail(self, "Failed", error="TrialFailed", cause="See the trial, and the function's log."))
        work.add_catch(fail, result_path="$.failure")
        is_running = sfn.Condition.string_equals("$.state", "running")
        work.next(sfn.Choice(self, "Goes on").when(is_running, work).otherwise(sfn.Succeed(self, "Ended well")))
        self.machine = make_machine(
            self,
            name=name,
            states=work,
            role=make_role(self, function),
            timeout=Duration.hours(MACHINE_HOURS),
            log_days=log_days,
        )
        end_with_its_execution(self, function, arn=arn, work="trial")
