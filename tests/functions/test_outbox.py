"""The outbox function: what could not be sent with its change is sent by a schedule."""

import pytest

from functions.outbox.handler import make_handler
from schemas.watched import OUTBOX_WAITING
from tests.management_api import Api


class Metrics:
    def __init__(self):
        self.emitted = []

    def emit(self, figures):
        self.emitted.append(dict(figures))


def test_a_letter_that_could_not_be_sent_goes_with_a_later_run():
    api = Api()
    send_waiting = make_handler(api.table, api.queue, Metrics())
    api.queue.refuses = True
    environment = api.environment(api.endpoint())
    assert send_waiting({}, None) == {"sent": 0, "waiting": 1}
    assert api.queue.messages == []
    api.queue.refuses = False
    assert send_waiting({}, None) == {"sent": 1, "waiting": 0}
    assert [message["environment_id"] for message in api.queue.messages] == [environment["id"]]
    assert send_waiting({}, None) == {"sent": 0, "waiting": 0}


@pytest.mark.parametrize("trouble", ["refuses", "unreachable"])
def test_every_run_says_how_many_letters_wait_and_says_so_of_none(trouble):
    api, metrics = Api(), Metrics()
    send_waiting = make_handler(api.table, api.queue, metrics)
    endpoint = api.endpoint()
    setattr(api.queue, trouble, True)
    for name in ("Live", "Staging"):
        api.environment(endpoint, name)
    send_waiting({}, None)
    setattr(api.queue, trouble, False)
    send_waiting({}, None)
    send_waiting({}, None)
    assert metrics.emitted == [{OUTBOX_WAITING: 2}, {OUTBOX_WAITING: 0}, {OUTBOX_WAITING: 0}]


def test_what_keeps_a_letter_waiting_is_logged_without_what_it_says(caplog):
    api = Api()
    api.queue.refuses = True
    environment = api.environment(api.endpoint())
    caplog.clear()
    make_handler(api.table, api.queue, Metrics())({}, None)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "wait to be sent: " in record.getMessage()
    assert environment["id"] not in record.getMessage()
