"""Mail through SNS: one topic per target, and what is known of a mail that may not have been sent."""

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID

from adapters.sns import SnsMail, make_sender
from domain.alerts.ports import SENT
from domain.errors import Misconfigured, Undelivered

TOPICS = f"arn:aws:sns:eu-central-1:{DEFAULT_ACCOUNT_ID}:ingest-test-alert-"


class Client:
    """A client whose calls can be made to fail, and which says of subscriptions what AWS says."""

    def __init__(self, client):
        self._client = client
        self.failures = {}
        self.published = []
        self.is_confirmed = False

    def list_subscriptions_by_topic(self, **request):
        self._fail("list_subscriptions_by_topic")
        found = self._client.list_subscriptions_by_topic(**request)
        for row in found["Subscriptions"]:
            if not self.is_confirmed:
                row["SubscriptionArn"] = "PendingConfirmation"
        return found

    def publish(self, **request):
        self._fail("publish")
        self.published.append(request)
        return self._client.publish(**request)

    def __getattr__(self, name):
        self._fail(name)
        return getattr(self._client, name)

    def _fail(self, name):
        if name in self.failures:
            raise self.failures[name]


def refusal(code, status=400):
    response = {"Error": {"Code": code, "Message": "hunter2"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Publish")


@pytest.fixture
def client():
    with mock_aws():
        yield Client(boto3.client("sns", region_name="eu-central-1"))


@pytest.fixture
def mail(client):
    return SnsMail(client, client, TOPICS)


def test_an_address_gets_mail_once_it_has_confirmed(client, mail):
    mail.enrol("tgt_1", "ops@example.com")
    assert mail.subscription("tgt_1") == "pending"
    outcome = mail.send("tgt_1", "Subject", "Text")
    assert outcome.status == "failed"
    assert "confirmed" in outcome.error
    client.is_confirmed = True
    assert mail.subscription("tgt_1") == "confirmed"
    assert mail.send("tgt_1", "Subject", "Text") == SENT
    assert client.published == [{"TopicArn": f"{TOPICS}tgt_1", "Subject": "Subject", "Message": "Text"}]


def test_each_target_has_a_topic_of_its_own(client, mail):
    client.is_confirmed = True
    mail.enrol("tgt_1", "ops@example.com")
    assert mail.subscription("tgt_2") == "pending"
    mail.enrol("tgt_2", "ops@example.com")
    mail.remove("tgt_1")
    assert mail.subscription("tgt_1") == "pending"
    assert mail.subscription("tgt_2") == "confirmed"


def test_what_is_not_there_is_removed_without_a_word(mail):
    mail.remove("tgt_1")


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (refusal("InvalidParameter"), "failed"),
        (refusal("Throttling", 429), "failed"),
        (refusal("InternalError", 500), "unknown"),
        (ConnectTimeoutError(endpoint_url="https://sns"), "failed"),
        (ReadTimeoutError(endpoint_url="https://sns"), "unknown"),
    ],
)
def test_only_a_mail_that_was_certainly_not_taken_may_be_sent_again(client, mail, failure, status):
    mail.enrol("tgt_1", "ops@example.com")
    client.is_confirmed = True
    client.failures["publish"] = failure
    outcome = mail.send("tgt_1", "Subject", "Text")
    assert outcome.status == status
    assert "hunter2" not in outcome.error


def test_a_mail_is_never_sent_while_the_subscription_is_not_known(client, mail):
    mail.enrol("tgt_1", "ops@example.com")
    client.failures["list_subscriptions_by_topic"] = refusal("InternalError", 500)
    assert mail.send("tgt_1", "Subject", "Text").status == "failed"


def test_a_missing_grant_is_the_operators_to_fix(client, mail):
    client.failures["create_topic"] = refusal("AccessDenied", 403)
    with pytest.raises(Misconfigured):
        mail.enrol("tgt_1", "ops@example.com")
    client.failures["create_topic"] = refusal("InternalError", 500)
    with pytest.raises(Undelivered):
        mail.enrol("tgt_1", "ops@example.com")


def test_the_sender_tries_once(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert make_sender().meta.config.retries["total_max_attempts"] == 1
