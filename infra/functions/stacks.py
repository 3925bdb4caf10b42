"""What the spec of a function is made from."""

from dataclasses import dataclass

from aws_cdk import aws_iam as iam

from infra.settings.stage import StageSettings
from infra.stacks.front import FrontStack
from infra.stacks.state import StateStack


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stage and the stacks that are there before the functions."""

    settings: StageSettings
    state: StateStack
    front: FrontStack
    function_url: str | None = None
    """Of ingest, where it has one; known to functions that are made after it."""

    @property
    def ingest_url(self) -> str:
        """Where environments have their addresses."""
        is_at_function = self.settings.front_door == "function_url" and self.settings.ingest_domain is None
        return self.function_url if is_at_function and self.function_url else self.front.ingest_url

    @property
    def identity_role_arn(self) -> str:
        """The role that vouches for organisations towards Google."""
        return self.state.identity_role.role_arn

    def identity_statements(self) -> list[iam.PolicyStatement]:
        """Take on that role."""
        return [iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[self.identity_role_arn])]

    @property
    def redrives_name(self) -> str:
        """Name of the state machine of redrives."""
        return f"ingest-{self.settings.name}-redrives"

    @property
    def redrives_arn(self) -> str:
        """Its ARN, put together here: the machine needs the function, and the function the machine."""
        return self._machine_arn(self.redrives_name)

    @property
    def trials_name(self) -> str:
        """Name of the state machine of trials."""
        return f"ingest-{self.settings.name}-trials"

    @property
    def trials_arn(self) -> str:
        """Its ARN."""
        return self._machine_arn(self.trials_name)

    @property
    def lake_function(self) -> str | None:
        """Name of the function that reaches tables of lakes; None for a stage without lakes."""
        return self.settings.function_name("lake_writer") if self.settings.lake else None

    def lake_statements(self) -> list[iam.PolicyStatement]:
        """Have it do something, where there is one."""
        if self.lake_function is None:
            return []
        state = self.state
        arn = f"arn:{state.partition}:lambda:{state.region}:{state.account}:function:{self.lake_function}"
        return [iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn])]

    def _machine_arn(self, name: str) -> str:
        state = self.state
        return f"arn:{state.partition}:states:{state.region}:{state.account}:stateMachine:{name}"
