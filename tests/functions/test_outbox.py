"""The outbox function: what could not be sent with its change is sent by a schedule."""

from functions.outbox.handler import make_handler
from tests.management_api import Api


def test_a_letter_that_could_not_be_sent_goes_with_a_later_run():
    api = Api()
    send_waiting = make_handler(api.table, api.queue)
    api.queue.refuses = True
    environment = api.environment(api.endpoint())
    assert send_waiting({}, None) == {"sent": 0}
    assert api.queue.messages == []
    api.queue.refuses = False
    assert send_waiting({}, None) == {"sent": 1}
    assert [message["environment_id"] for message in api.queue.messages] == [environment["id"]]
    assert send_waiting({}, None) == {"sent": 0}


def test_what_keeps_a_letter_waiting_is_logged_without_what_it_says(caplog):
    api = Api()
    api.queue.refuses = True
    environment = api.environment(api.endpoint())
    caplog.clear()
    make_handler(api.table, api.queue)({}, None)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "wait to be sent: " in record.getMessage()
    assert environment["id"] not in record.getMessage()
