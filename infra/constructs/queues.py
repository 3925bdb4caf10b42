"""The queues between functions, each with its dead letters."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct

MAX_RECEIVES = 5
"""After so many tries a message is a dead letter."""
KEPT = Duration.days(14)
"""The longest that SQS keeps a message: time to see an alarm, mend the cause, and redrive."""


class WorkQueue(Construct):
    """A queue and the one that its messages end in when nothing helps."""

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, handler_timeout_seconds: int, keep_data: bool
    ) -> None:
        """Make both.

        Args:
            scope: see CDK.
            construct_id: see CDK.
            name: of the queue; its dead letters are in `<name>-dead`.
            handler_timeout_seconds: of the function that takes from it; a message that it holds stays hidden six times
                as long: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            keep_data: whether the queues outlive the stack.
        """
        super().__init__(scope, construct_id)
        policy = RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY
        self.name = name
        self.dead = sqs.Queue(
            self,
            "Dead",
            queue_name=f"{name}-dead",
            retention_period=KEPT,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=policy,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            retention_period=KEPT,
            visibility_timeout=Duration.seconds(6 * handler_timeout_seconds),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=MAX_RECEIVES, queue=self.dead),
            removal_policy=policy,
        )
