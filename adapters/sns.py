"""Mail through Amazon SNS: a topic for each target, with its one address as the subscriber."""

from contextlib import suppress
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from adapters.aws_failures import CONFIG, failure_from, translated
from domain.alerts.ports import SENT, Outcome, Subscription
from domain.errors import Misconfigured, Undelivered

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_SERVER_ERROR = 500
_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError)


def make_client() -> "SNSClient":
    """Return a client of the environment's region and endpoint, for all but sending."""
    return boto3.client("sns", config=CONFIG)


def make_sender() -> "SNSClient":
    """Return a client that tries once: a second try might send a mail twice, and is the evaluation's to decide."""
    once = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1, "mode": "standard"})
    return boto3.client("sns", config=CONFIG.merge(once))


class SnsMail:
    """Implements `Mail`."""

    def __init__(self, client: "SNSClient", sender: "SNSClient", topics: str, kms_key_id: str | None = None) -> None:
        """Take what every topic's ARN starts with, such as `arn:aws:sns:eu-central-1:1:ingest-prod-alert-`."""
        self._client = client
        self._sender = sender
        self._topics = topics
        self._kms_key_id = kms_key_id

    def enrol(self, target_id: str, address: str) -> None:
        name = (self._topics + target_id).rpartition(":")[2]
        attributes = {"DisplayName": "Alerts of Ingest Endpoints"}
        if self._kms_key_id is not None:
            attributes["KmsMasterKeyId"] = self._kms_key_id
        with translated("make a topic for an address"):
            arn = self._client.create_topic(Name=name, Attributes=attributes)["TopicArn"]
            self._client.subscribe(TopicArn=arn, Protocol="email", Endpoint=address, ReturnSubscriptionArn=True)

    def subscription(self, target_id: str) -> Subscription:
        with translated("look at the subscription of an address"):
            try:
                found = self._client.list_subscriptions_by_topic(TopicArn=self._topics + target_id)["Subscriptions"]
            except ClientError as error:
                if failure_from(error).code in {"NotFound", "NotFoundException"}:
                    return "pending"
                raise
        # Until it is confirmed, and after it was ended, a word stands in the place of the ARN.
        return "confirmed" if any(row["SubscriptionArn"].startswith("arn:") for row in found) else "pending"

    def remove(self, target_id: str) -> None:
        with translated("remove the topic of an address"), suppress(self._client.exceptions.NotFoundException):
            self._client.delete_topic(TopicArn=self._topics + target_id)

    def send(self, target_id: str, subject: str, text: str) -> Outcome:
        try:
            if self.subscription(target_id) != "confirmed":
                return Outcome("failed", "The address has not confirmed that it wants these mails, or has ended them.")
        except (Misconfigured, Undelivered):
            return Outcome("failed", "The mail service could not be reached.")
        try:
            self._sender.publish(TopicArn=self._topics + target_id, Subject=subject, Message=text)
        except ClientError as error:
            failure = failure_from(error)
            if failure.status >= _SERVER_ERROR:
                return Outcome("unknown", "The mail service failed; it is not known whether the mail was sent.")
            return Outcome("failed", f"The mail service did not take the mail: {failure.code}.")
        except _NOT_SENT:
            return Outcome("failed", "The mail service could not be reached.")
        except BotoCoreError:
            return Outcome("unknown", "The mail service gave no answer; it is not known whether the mail was sent.")
        return SENT
