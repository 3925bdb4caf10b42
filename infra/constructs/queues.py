"""The queues between functions, each with its dead letters."""

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct

KEPT = Duration.days(14)
"""The longest that SQS keeps a message: time to see an alarm, fix the cause, and redrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How messages of a queue are worked on."""

    handler_seconds: int
    """Time-out of the function that takes them."""
    hidden_seconds: int
    """How long a message that was taken stays hidden, and so comes again if it failed: six times the time-out unless
    it should be sooner. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    max_receives: int = 5
    """After so many tries a message is a dead letter."""
    kept: Duration = KEPT
    """For how long messages are kept, dead letters too."""


class WorkQueue(Construct):
    """A queue and the one that its messages end in when nothing helps."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, work: Work, keep_data: bool) -> None:
        """Make both: `name`, and `<name>-dead` for its dead letters; they outlive the stack with `keep_data`."""
        super().__init__(scope, construct_id)
        policy = RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY
        self.name = name
        self.dead = sqs.Queue(
            self,
            "Dead",
            queue_name=f"{name}-dead",
            retention_period=work.kept,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=policy,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            retention_period=work.kept,
            visibility_timeout=Duration.seconds(work.hidden_seconds),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=work.max_receives, queue=self.dead),
            removal_policy=policy,
        )
