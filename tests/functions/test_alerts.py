"""Alerts from end to end: made in the API, looked at by the function, told to their targets."""

from functools import partial
from threading import Barrier

import pytest

from domain.alerts.evaluating import World
from domain.alerts.ports import SENT, Outcome
from domain.alerts.sending import send
from domain.delivery.last_error import LastErrors
from domain.errors import Undelivered
from domain.metering.ports import UsageSums
from domain.metering.unknown_keys import UnknownKeys, add_to
from domain.records import keys
from domain.records.change import time_text
from domain.records.ports import Put
from functions.alerts.handler import RUN_SECONDS, make_handler
from schemas.limits import ALERT_CLAIM_SECONDS, MAX_ALERT_SENDS
from schemas.watched import ALERTS_BEHIND
from tests.killed import Killed
from tests.management_api import START_NS

START = START_NS // 1_000_000_000 // 60 * 60
REVISION = "rev_1"
HOOK = "https://hooks.example.com/alerts"
DAY = 86_400


class Metrics:
    def __init__(self):
        self.figures = []

    def emit(self, figures):
        self.figures.append(dict(figures))


class Deployment:
    """A management API with one environment and one target, and the function that looks at its alerts."""

    def __init__(self, api):
        self.api = api
        self.now = START + 30
        self.elapsed = 0.0
        self.metrics = Metrics()
        api.clock = lambda: self.now * 1_000_000_000
        api.handler = api.serve()
        endpoint = api.endpoint()
        self.environment = api.environment(endpoint)
        self.path = f"/v1/environments/{self.environment['id']}/alerts"
        self.hook = self.target("On call", "webhook", HOOK)
        self.handle = self.function()

    def function(self, table=None, threads=1):
        """Return a function of its own, such as a second one that runs at the same time."""
        ways = self.api.alert_ways
        world = World(
            table or self.api.table, self.api.usage, self.api.unknown_keys, partial(send, ways), self.api.clock, 60
        )
        return make_handler(world, self.metrics, lambda: self.elapsed, threads=threads)

    def target(self, name, kind, url):
        made = self.api.call("POST", "/v1/alert-targets", {"name": name, "kind": kind, "url": url})
        assert made.status == 201, made.text
        return made.json["id"]

    def alert(self, kind, **settings):
        settings.setdefault("targets", [self.hook])
        made = self.api.call("POST", self.path, {"kind": kind, **settings})
        assert made.status == 201, made.text
        return made.json["id"]

    def count(self, *, minutes_ago=1, **counts):
        """Count what happened in one minute of the past, as handlers do."""
        minute = (self.now - minutes_ago * 60) // 60 * 60
        owner = {"organisation_id": self.api.organisation_id, "endpoint_id": self.environment["endpoint_id"]}
        self.api.usage.add([UsageSums(self.environment["id"], REVISION, minute, **counts, **owner)])

    def run(self, *, minutes=1):
        """Let so many minutes pass, with a run after each; return what the last one came to."""
        for _ in range(minutes):
            self.now += 60
            self.elapsed += 60
            came_to = self.handle({}, None)
        return came_to

    def shown(self, alert_id):
        return self.api.call("GET", f"{self.path}/{alert_id}").json

    @property
    def told(self):
        """What receivers were told, in order."""
        return [posted.json["type"].split(".")[1] for posted in self.api.poster.posted]

    @property
    def last_text(self):
        return self.api.poster.posted[-1].json["data"]["text"]


@pytest.fixture
def deployment(api):
    return Deployment(api)


def test_events_that_go_on_being_rejected_are_told_once_and_their_end_once(deployment):
    alert = deployment.alert("rejected_share", percent=5, minutes=3, min_events=10)
    deployment.run()
    assert deployment.shown(alert)["state"] == "ok"
    for _ in range(5):
        deployment.count(minutes_ago=0, accepted=90, rejected=6, quarantined=4)
        deployment.run()
    assert deployment.told == ["firing"]
    assert deployment.last_text == "10 % of 100 events were rejected in the last 3 minutes; the limit is 5 %."
    for _ in range(6):
        deployment.count(minutes_ago=0, accepted=1_000)
        deployment.run()
    assert deployment.told == ["firing", "recovered"]
    assert deployment.shown(alert)["state"] == "ok"


def test_one_minute_without_rejected_events_is_enough_not_to_fire(deployment):
    alert = deployment.alert("rejected_share", percent=5, minutes=5, min_events=1)
    deployment.count(minutes_ago=3, rejected=50)
    deployment.count(minutes_ago=2, accepted=1)
    deployment.count(minutes_ago=1, rejected=50)
    deployment.run()
    assert deployment.told == []
    shown = deployment.shown(alert)
    assert shown["state"] == "ok"
    assert shown["text"].endswith("the limit is 5 %. It fires when each minute that had events is over.")


def test_few_events_are_no_share(deployment):
    alert = deployment.alert("rejected_share", percent=5, minutes=10, min_events=10)
    deployment.count(rejected=9)
    deployment.run()
    assert deployment.told == []
    assert deployment.shown(alert)["text"].endswith("the limit is 5 %. It fires from 10 events on.")


def test_events_out_of_quarantine_make_no_share_smaller(deployment):
    deployment.alert("rejected_share", percent=50, minutes=10, min_events=10)
    deployment.count(accepted=100, redriven=100, quarantined=100)
    deployment.run()
    assert deployment.told == ["firing"]


def test_rejected_events_that_are_followed_by_none_are_told_to_have_recovered(deployment):
    deployment.alert("rejected_share", percent=5, minutes=2, min_events=1)
    deployment.count(rejected=50)
    deployment.run(minutes=10)
    assert deployment.told == ["firing", "recovered"]
    assert deployment.last_text.startswith("No event arrived in the last 2 minutes.")


def test_silence_is_told_once_where_there_were_events_a_day_before(deployment):
    alert = deployment.alert("silence", minutes=5)
    deployment.count(minutes_ago=24 * 60 + 10, accepted=1)
    deployment.count(minutes_ago=3, accepted=1)
    deployment.run()
    assert deployment.told == []
    deployment.run(minutes=10)
    assert deployment.told == ["firing"]
    assert (
        deployment.last_text == "No event arrived in the last 5 minutes; some did at the same hour of the day before."
    )
    deployment.run(minutes=120)
    assert deployment.shown(alert)["state"] == "firing"  # whatever there was at the same hour of the day before
    deployment.count(minutes_ago=0, rejected=1)
    deployment.run(minutes=3)
    assert deployment.told == ["firing", "recovered"]


def test_silence_is_nothing_new_where_there_were_no_events_a_day_before(deployment):
    deployment.alert("silence", minutes=5)
    deployment.count(minutes_ago=24 * 60 + 90, accepted=1)
    deployment.count(minutes_ago=23 * 60, accepted=1)
    deployment.run(minutes=3)
    assert deployment.told == []


def test_a_new_code_is_told_once_and_has_recovered_when_nothing_was_new_for_a_while(deployment):
    deployment.count(rejected=1, codes={"required": 1})
    alert = deployment.alert("new_code_or_key", minutes=10)
    deployment.run(minutes=2)
    assert deployment.told == []
    deployment.count(rejected=2, codes={"required": 1, "type_float": 1})
    deployment.run(minutes=5)
    assert deployment.told == ["firing"]
    assert deployment.last_text == "For the first time: error code type_float."
    deployment.run(minutes=10)
    assert deployment.told == ["firing", "recovered"]
    deployment.count(rejected=1, codes={"type_float": 1})
    deployment.run(minutes=3)
    assert deployment.shown(alert)["state"] == "ok"


def see(deployment, *found):
    unknown = UnknownKeys()
    unknown.look(found, deployment.now)
    add_to(deployment.api.unknown_keys, deployment.environment["id"], unknown, deployment.now)


def test_a_new_unknown_key_is_told_once_by_its_pointer_and_never_its_value(deployment):
    see(deployment, ("/old", "the value"))
    deployment.alert("new_code_or_key", minutes=10)
    deployment.run()
    see(deployment, ("/old", "the value"), ("/user/agee", "the value"))
    deployment.run(minutes=6)
    assert deployment.told == ["firing"]
    assert deployment.last_text == "For the first time: unknown key /user/agee."
    deployment.run(minutes=10)
    assert deployment.told == ["firing", "recovered"]
    assert all(b"the value" not in posted.body for posted in deployment.api.poster.posted)


def test_what_was_new_while_no_alert_asked_for_it_is_not_told(deployment):
    first = deployment.alert("new_code_or_key")
    deployment.run()
    deployment.api.call("DELETE", f"{deployment.path}/{first}")
    deployment.count(rejected=1, codes={"required": 1})
    deployment.alert("new_code_or_key")
    deployment.run(minutes=3)
    assert deployment.told == []


def test_what_was_new_before_a_second_alert_is_not_told_by_it(deployment):
    deployment.alert("new_code_or_key", targets=[])
    deployment.run()
    deployment.count(rejected=1, codes={"required": 1})
    deployment.run(minutes=2)
    deployment.alert("new_code_or_key")
    deployment.run(minutes=2)
    assert deployment.told == []


def test_events_that_are_not_delivered_in_time_are_told_once(deployment):
    deployment.alert("delivery_delay", minutes=10)
    deployment.count(accepted=100)
    deployment.run(minutes=9)
    assert deployment.told == []
    deployment.run(minutes=5)
    assert deployment.told == ["firing"]
    assert deployment.last_text == ("100 events were accepted more than 10 minutes ago and have not been delivered.")
    deployment.count(minutes_ago=15, delivered=90, repeats=6, set_aside=4)
    deployment.run(minutes=2)
    assert deployment.told == ["firing", "recovered"]


def test_a_late_delivery_says_what_its_destination_said_last(deployment):
    deployment.alert("delivery_delay", minutes=10)
    deployment.count(accepted=1)
    errors = LastErrors(deployment.api.table, deployment.api.clock)
    errors.failed(deployment.environment["id"], "The target answered 503.")
    deployment.run(minutes=14)
    late = "1 event was accepted more than 10 minutes ago and has not been delivered."
    assert deployment.last_text == f"{late} The destination's last error: The target answered 503."
    errors.succeeded(deployment.environment["id"])
    deployment.count(minutes_ago=15, delivered=1)
    deployment.run(minutes=2)
    assert deployment.told == ["firing", "recovered"]


def test_no_delivery_is_late_before_its_stream_had_the_time_to_write(deployment):
    deployment.api.call("PATCH", f"/v1/environments/{deployment.environment['id']}", {"buffer_seconds": 900})
    deployment.alert("delivery_delay", minutes=1)
    deployment.count(accepted=100)
    deployment.run(minutes=18)
    assert deployment.told == []
    deployment.run(minutes=4)
    assert deployment.told == ["firing"]


def set_plan(deployment, **plan):
    key = keys.organisation_key(deployment.api.organisation_id)
    item = deployment.api.table.get(key)
    deployment.api.table.transact([Put(key, {**item.data, "plan": plan}, item.version)])


def test_a_plan_that_is_used_is_told_once_and_again_in_another_month(deployment):
    set_plan(deployment, requests_per_month=1_000)
    alert = deployment.alert("plan_use", percent=80)
    deployment.count(requests=799)
    deployment.run()
    assert deployment.told == []
    deployment.count(requests=1)
    deployment.run(minutes=3)
    assert deployment.told == ["firing"]
    assert deployment.last_text == "80 % of this month's plan are used; the limit is 80 %."
    deployment.now += 31 * DAY
    deployment.run()
    assert deployment.told == ["firing", "recovered"]
    set_plan(deployment)
    deployment.run()
    assert deployment.shown(alert)["state"] == "ok"


def set_domain(deployment, expires_at):
    environment_id = deployment.environment["id"]
    key = keys.environment_key(deployment.environment["endpoint_id"], environment_id)
    item = deployment.api.table.get(key)
    deployment.api.table.transact([Put(key, {**item.data, "custom_domain": "in.example.com"}, item.version)])
    key = keys.custom_domain_key("in.example.com")
    before = deployment.api.table.get(key)
    claim = {"environment_id": environment_id, "facts": {"expires_at": time_text(expires_at * 10**9)[:19] + "Z"}}
    deployment.api.table.transact([Put(key, claim, before.version if before else 0)])


def test_a_certificate_that_is_about_to_expire_is_told_once_until_it_is_renewed(deployment):
    deployment.alert("certificate_expiry", days=14)
    deployment.run()
    set_domain(deployment, deployment.now + 14 * DAY + 300)
    deployment.run()
    assert deployment.told == []
    deployment.run(minutes=10)
    assert deployment.told == ["firing"]
    assert deployment.last_text == "The certificate of in.example.com expires in 13 days."
    set_domain(deployment, deployment.now + 90 * DAY)
    deployment.run(minutes=2)
    assert deployment.told == ["firing", "recovered"]


@pytest.fixture
def firing(deployment):
    """A deployment that is about to fire in its next run."""
    deployment.alert_id = deployment.alert("rejected_share", percent=5, minutes=120, min_events=1)
    deployment.run()
    deployment.count(minutes_ago=0, rejected=100)
    return deployment


def test_a_message_that_was_not_taken_is_sent_again_with_the_same_id_until_it_is(firing):
    firing.api.poster.outcomes["hooks"] = Outcome("failed", "The receiver answered 503.")
    firing.run()
    told = firing.shown(firing.alert_id)["told"][0]
    assert (told["status"], told["tries"], told["last_error"]) == ("due", 1, "The receiver answered 503.")
    assert told["last_success_at"] is None
    firing.api.poster.outcomes.clear()
    firing.run(minutes=10)
    assert firing.told == ["firing", "firing"]
    assert len({posted.headers["webhook-id"] for posted in firing.api.poster.posted}) == 1
    told = firing.shown(firing.alert_id)["told"][0]
    assert (told["status"], told["tries"], told["last_error"]) == ("sent", 2, None)
    assert told["last_success_at"] is not None


def test_a_message_that_is_never_taken_is_given_up_later_each_time(firing):
    firing.api.poster.outcomes["hooks"] = Outcome("failed", "The receiver answered 503.")
    tried_after = []
    for minute in range(60):
        before = len(firing.told)
        firing.count(minutes_ago=0, rejected=100)
        firing.run()
        tried_after += [minute] * (len(firing.told) - before)
    assert tried_after == [0, 1, 3, 7, 15]
    assert len(tried_after) == MAX_ALERT_SENDS
    assert firing.shown(firing.alert_id)["told"][0]["status"] == "failed"
    firing.api.poster.outcomes.clear()
    for _ in range(5):
        firing.count(minutes_ago=0, accepted=100_000)
        firing.run()
    assert firing.shown(firing.alert_id)["state"] == "ok"
    assert set(firing.told) == {"firing"}, "whom nobody told that it fires, nobody tells that it recovered"


def test_a_message_that_may_have_arrived_is_not_sent_again(firing):
    firing.api.poster.outcomes["hooks"] = Outcome("unknown", "The receiver gave no answer.")
    firing.run(minutes=20)
    assert firing.told == ["firing"]
    told = firing.shown(firing.alert_id)["told"][0]
    assert (told["status"], told["last_error"]) == ("unknown", "The receiver gave no answer.")
    firing.api.poster.outcomes.clear()
    firing.count(minutes_ago=0, accepted=100_000)
    firing.run(minutes=3)
    assert firing.told == ["firing", "recovered"]


def test_a_function_that_is_killed_while_it_sends_sends_no_second_time(firing):
    def kill(_url):
        raise Killed

    firing.api.poster.on_post = kill
    with pytest.raises(Killed):
        firing.run()
    firing.api.poster.on_post = None
    firing.handle = firing.function()
    firing.run(minutes=ALERT_CLAIM_SECONDS // 60 + 5)
    assert firing.told == []
    told = firing.shown(firing.alert_id)["told"][0]
    assert told["status"] == "unknown"
    firing.count(minutes_ago=0, accepted=100_000)
    firing.run(minutes=3)
    assert firing.told == ["recovered"], "it may have been told that it fires"


def test_an_alert_that_recovers_right_after_a_killed_message_is_told_to_have_recovered(firing):
    def kill(_url):
        raise Killed

    firing.api.poster.on_post = kill
    with pytest.raises(Killed):
        firing.run()
    firing.api.poster.on_post = None
    firing.handle = firing.function()
    firing.count(minutes_ago=0, accepted=100_000)
    firing.run()
    assert firing.told == ["recovered"]


def test_a_function_that_is_killed_before_it_sends_has_the_next_one_send(firing):
    table = firing.api.table
    writes = []

    def transact(changes):
        writes.append(changes)
        if len(writes) == 2:  # the first says that it fires, the second claims the message
            raise Killed
        type(table).transact(table, changes)

    table.transact = transact
    with pytest.raises(Killed):
        firing.run()
    del table.transact
    firing.handle = firing.function()
    firing.run()
    assert firing.told == ["firing"]


@pytest.mark.parametrize("overtaken", range(3))
def test_of_two_functions_that_run_at_once_one_sends(firing, overtaken):
    """The other one runs as a whole before the first, second or third write."""
    table, other = firing.api.table, firing.function()
    writes = []

    def transact(changes):
        writes.append(changes)
        if len(writes) == overtaken + 1:
            del table.transact
            other({}, None)
        type(table).transact(table, changes)

    table.transact = transact
    firing.run(minutes=3)
    assert firing.told == ["firing"]
    assert firing.shown(firing.alert_id)["told"][0]["status"] == "sent"


def test_a_deleted_alert_is_told_no_more(firing):
    firing.run()
    assert firing.api.call("DELETE", f"{firing.path}/{firing.alert_id}").status == 204
    firing.count(minutes_ago=0, accepted=100_000)
    assert firing.run(minutes=3)["looked_at"] == 0
    assert firing.told == ["firing"]


def test_nothing_stays_of_a_target_that_is_deleted_while_its_alert_fires(firing):
    api = firing.api
    mail = api.call("POST", "/v1/alert-targets", {"name": "Mail", "kind": "email", "email": "ops@example.com"}).json
    path = f"{firing.path}/{firing.alert_id}"
    assert api.call("PATCH", path, {"targets": [firing.hook, mail["id"]]}).status == 200

    def others_delete_it(_):
        assert api.call("DELETE", path).status == 204
        assert api.call("DELETE", f"/v1/alert-targets/{mail['id']}").status == 204

    api.poster.on_post = others_delete_it
    firing.run()
    assert api.mail.sent == []
    health = api.table.get(keys.alert_health_key(api.organisation_id)).data["targets"]
    assert list(health) == [firing.hook]


def test_of_targets_that_are_gone_nothing_is_kept(firing):
    firing.run()
    api = firing.api
    assert api.call("DELETE", f"{firing.path}/{firing.alert_id}").status == 204
    assert api.call("DELETE", f"/v1/alert-targets/{firing.hook}").status == 204
    other = firing.target("Other", "webhook", HOOK)
    assert api.call("POST", f"/v1/alert-targets/{other}/test", {}).status == 200
    assert list(api.table.get(keys.alert_health_key(api.organisation_id)).data["targets"]) == [other]


def test_a_target_that_is_added_while_an_alert_fires_is_told_by_the_next_firing(firing):
    firing.run()
    slack = firing.target("Chat", "slack", "https://chat.example.com/secret")
    path = f"{firing.path}/{firing.alert_id}"
    assert firing.api.call("PATCH", path, {"targets": [firing.hook, slack]}).status == 200
    firing.run(minutes=3)
    assert len(firing.api.poster.posted) == 1
    assert firing.shown(firing.alert_id)["told"][1]["status"] is None


def test_a_target_that_hangs_is_left_alone_until_the_next_run(firing):
    firing.alert("rejected_share", percent=5, minutes=120, min_events=1)
    firing.api.poster.outcomes["hooks"] = Outcome("failed", "The receiver answered 503.")
    firing.run()
    assert len(firing.api.poster.posted) == 1


def test_an_environment_without_alerts_is_not_looked_at(deployment):
    read = deployment.api.usage.series
    deployment.api.usage.series = None
    assert deployment.run() == {"looked_at": 0, "firing": 0, "behind": 0}
    deployment.api.usage.series = read
    assert deployment.metrics.figures == [{ALERTS_BEHIND: 0}]


def test_a_look_costs_the_same_reads_however_many_alerts_there_are(deployment):
    for _ in range(3):
        deployment.alert("rejected_share")
        deployment.alert("silence")
        deployment.alert("certificate_expiry")
        deployment.alert("plan_use")
    deployment.run()
    reads = []
    usage, table = deployment.api.usage, deployment.api.table
    for port, name in ((usage, "series"), (usage, "codes"), (table, "get"), (table, "query")):
        method = getattr(type(port), name)
        setattr(
            port,
            name,
            partial(
                lambda method, port, name, *a, **k: (reads.append(name), method(port, *a, **k))[1], method, port, name
            ),
        )
    deployment.run()
    assert reads.count("series") == 2  # the last minutes, and the hour of the day before
    assert reads.count("get") <= 5
    assert reads.count("query") == 1


def test_nothing_is_written_while_nothing_changes(deployment):
    deployment.alert("rejected_share")
    deployment.run()
    deployment.api.table.written.clear()
    deployment.run(minutes=4)
    assert deployment.api.table.written == []
    deployment.run()
    assert len(deployment.api.table.written) == 1, "that it was looked at is noted within five minutes"


def test_an_environment_whose_usage_cannot_be_read_holds_up_no_other(deployment):
    other = deployment.api.environment(
        {"id": deployment.environment["endpoint_id"]}, "Other", revision_id=deployment.environment["revision_id"]
    )
    deployment.alert("rejected_share")
    made = deployment.api.call("POST", f"/v1/environments/{other['id']}/alerts", {"kind": "rejected_share"})
    assert made.status == 201
    series = deployment.api.usage.series

    def fail(scope, *rest):
        if scope.environment_id == deployment.environment["id"]:
            raise Undelivered("The table can't be reached.")
        return series(scope, *rest)

    deployment.api.usage.series = fail
    assert deployment.run() == {"looked_at": 1, "firing": 0, "behind": 1}
    assert deployment.metrics.figures[-1] == {ALERTS_BEHIND: 1}


def test_environments_of_one_organisation_are_looked_at_side_by_side(deployment):
    other = deployment.api.environment(
        {"id": deployment.environment["endpoint_id"]}, "Other", revision_id=deployment.environment["revision_id"]
    )
    deployment.alert("delivery_delay")
    made = deployment.api.call("POST", f"/v1/environments/{other['id']}/alerts", {"kind": "delivery_delay"})
    assert made.status == 201
    series, both = deployment.api.usage.series, Barrier(2)

    def wait_for_the_other(*asked):
        both.wait(timeout=10)
        return series(*asked)

    deployment.api.usage.series = wait_for_the_other
    assert deployment.function(threads=2)({}, None) == {"looked_at": 2, "firing": 0, "behind": 0}


def test_what_a_run_has_no_time_for_is_the_next_ones(firing):
    firing.elapsed = 1_000.0
    started = firing.elapsed

    def late(_url):
        firing.elapsed = started + 60 + RUN_SECONDS

    firing.alert("rejected_share", percent=5, minutes=120, min_events=1)
    firing.api.poster.on_post = late
    firing.run()
    assert firing.told == ["firing"]
    firing.api.poster.on_post = None
    firing.run()
    assert firing.told == ["firing", "firing"]


def test_alerts_of_a_deleted_environment_are_forgotten(firing):
    firing.run()
    environment_id = firing.environment["id"]
    assert firing.api.call("DELETE", f"/v1/environments/{environment_id}?confirm=Live").status == 204
    assert firing.run()["looked_at"] == 0
    table = firing.api.table
    assert table.query(keys.ALERTS) == []
    assert table.query(keys.alert_states_group(environment_id)) == []


def test_an_endpoint_shows_which_alerts_of_its_environments_fire(firing):
    path = f"/v1/endpoints/{firing.environment['endpoint_id']}/firing-alerts"
    assert firing.api.call("GET", path).json == {"items": [], "next": None}
    firing.run()
    (shown,) = firing.api.call("GET", path).json["items"]
    assert shown["environment_id"] == firing.environment["id"]
    assert (shown["name"], shown["kind"]) == ("Rejected events", "rejected_share")


def test_each_target_is_told_in_its_own_form(firing):
    slack = firing.target("Chat", "slack", "https://chat.example.com/secret")
    made = firing.api.call("POST", "/v1/alert-targets", {"name": "Mail", "kind": "email", "email": "ops@example.com"})
    firing.api.mail.confirmed.add("ops@example.com")
    path = f"{firing.path}/{firing.alert_id}"
    changed = firing.api.call(
        "PATCH", path, {"targets": [slack, made.json["id"]], "name": "Rejected <!channel> & more"}
    )
    assert changed.status == 200
    firing.run()
    (posted,) = firing.api.poster.posted
    assert posted.url == "https://chat.example.com/secret"
    assert posted.json == {
        "text": "Alert: Rejected &lt;!channel&gt; &amp; more — Shop / Live\n"
        "100 % of 100 events were rejected in the last 120 minutes; the limit is 5 %."
    }
    ((address, subject, text),) = firing.api.mail.sent
    assert (address, subject) == ("ops@example.com", "Alert: Rejected <!channel> & more - Shop / Live")
    assert "100 % of 100 events were rejected" in text
    assert SENT.error is None
