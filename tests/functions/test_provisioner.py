"""The provisioner: messages in, streams made and removed, and the catalog told."""

import json

import pytest

from domain.delivery.buffering import buffer_seconds_of
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Misconfigured, Undelivered
from domain.records.ports import Put
from functions.provisioner.destinations import stream_settings_for
from functions.provisioner.handler import Buckets, ProvisionerSettings, make_handler
from functions.provisioner.steps import StillInUse
from schemas.items import pointer_key
from schemas.limits import LEAVING_SECONDS
from tests.management_api import Api


class Streams:
    """Delivery streams in memory. `during_create` runs once, inside the next create; `trouble` is raised by creates."""

    def __init__(self):
        self.made: dict[str, StreamSettings] = {}
        self.active = True
        self.held_seconds = 0.0
        self.trouble: Exception | None = None
        self.delete_trouble: Exception | None = None
        self.during_create = None
        self.during_delete = None

    def create(self, stream, settings):
        if self.trouble:
            raise self.trouble
        hook, self.during_create = self.during_create, None
        if hook:
            hook()
        self.made[stream] = settings

    def is_active(self, stream):
        return self.active and stream in self.made

    def holds_for_seconds(self, stream):
        return self.held_seconds

    def delete(self, stream):
        if self.delete_trouble:
            raise self.delete_trouble
        self.made.pop(stream, None)
        hook, self.during_delete = self.during_delete, None
        if hook:
            hook()


class Part:
    """A step that notes what was asked of it."""

    def __init__(self, name, notes):
        self.name = name
        self.notes = notes
        self.missing: str | None = None
        self.trouble: Exception | None = None

    def make(self, environment):
        self.notes.append(("make", self.name, environment["id"]))
        if self.trouble:
            raise self.trouble

    def waits_for(self, environment):
        return self.missing

    def remove(self, environment_id):
        self.notes.append(("remove", self.name, environment_id))
        if self.trouble:
            raise self.trouble


class Deployment:
    """A management function and its provisioner, on one catalog."""

    def __init__(self):
        self.api = Api()
        self.streams = Streams()
        self.notes = []
        self.steps = [Part("table", self.notes), Part("secret", self.notes)]
        self.postponed = []
        self.endpoint = self.api.endpoint()
        self.serve()

    def serve(self, *, postpone=None):
        settings = ProvisionerSettings(Buckets("data", "landing"), give_up_after_receives=3)
        self.handler = make_handler(
            self.api.table, self.streams, settings, self.api.clock, steps=self.steps, postpone=postpone
        )

    def take(self, *messages, receives=1):
        """Deliver messages in one batch; return the places of those that are to come again."""
        records = [
            {
                "messageId": str(place),
                "body": message if isinstance(message, str) else json.dumps(message),
                "attributes": {"ApproximateReceiveCount": str(receives)},
            }
            for place, message in enumerate(messages)
        ]
        failures = self.handler({"Records": records}, None)["batchItemFailures"]
        return [int(failure["itemIdentifier"]) for failure in failures]

    def take_all(self, **options):
        """Deliver what the management function sent."""
        messages, self.api.queue.messages = self.api.queue.messages, []
        return self.take(*messages, **options)

    def shown(self, environment):
        return self.api.call("GET", f"/v1/environments/{environment['id']}").json

    def pointer(self, environment):
        return self.api.table.get(pointer_key(environment["id"])).data

    def delete(self, environment):
        assert self.api.call("DELETE", f"/v1/environments/{environment['id']}?confirm=Live").status == 204

    def let_handlers_forget(self):
        self.api.clock.now_ns += LEAVING_SECONDS * 1_000_000_000

    def change(self, environment, **fields):
        assert self.api.call("PATCH", f"/v1/environments/{environment['id']}", fields).status == 200


@pytest.fixture
def deployment():
    return Deployment()


def provision(environment):
    return {"action": "provision", "environment_id": environment["id"]}


def test_an_environment_becomes_active_with_its_streams(deployment):
    environment = deployment.api.environment(deployment.endpoint, streams=2)
    assert deployment.take_all() == []
    names = [f"ingest-{environment['id']}-{number}" for number in (1, 2)]
    assert list(deployment.streams.made) == names
    assert deployment.streams.made[names[0]] == StreamSettings(
        bucket="data",
        prefix=f"environment={environment['id']}/dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/",
        buffer_seconds=None,
        buffer_bytes=64 * 1024 * 1024,
    )
    pointer = deployment.pointer(environment)
    assert (pointer["state"], pointer["streams"]) == ("active", names)
    shown = deployment.shown(environment)
    assert shown == {**environment, "status": "active", "updated_at": shown["updated_at"]}
    assert shown["updated_at"] > environment["updated_at"]


def test_a_message_that_comes_twice_changes_nothing_the_second_time(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    before = deployment.api.table.data()
    assert deployment.take(provision(environment), provision(environment)) == []
    assert deployment.api.table.data() == before


def test_streams_that_are_not_active_yet_are_looked_at_again(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.streams.active = False
    assert deployment.take(provision(environment)) == [0]
    assert deployment.shown(environment)["status"] == "provisioning"
    deployment.streams.active = True
    assert deployment.take(provision(environment)) == []
    assert deployment.shown(environment)["status"] == "active"


@pytest.mark.parametrize(
    ("trouble", "receives", "reason"),
    [
        (Undelivered("Too many streams in this region.", retryable=False), 1, "Too many streams in this region."),
        (Undelivered("The service is busy."), 3, "The service is busy."),
        (Misconfigured("The role may not make streams."), 1, "The role may not make streams."),
        (ZeroDivisionError("secret"), 3, "What the environment needs could not be made."),
    ],
)
def test_a_failure_that_does_not_pass_is_shown_with_its_reason(deployment, trouble, receives, reason):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.streams.trouble = trouble
    assert deployment.take(provision(environment), receives=receives) == []
    shown = deployment.shown(environment)
    assert (shown["status"], shown["status_reason"]) == ("failed", reason)
    assert deployment.pointer(environment)["state"] == "failed"


@pytest.mark.parametrize("trouble", [Undelivered("Busy."), ZeroDivisionError("x")])
def test_a_failure_that_may_pass_is_tried_again_and_holds_up_no_other_message(deployment, trouble):
    first = deployment.api.environment(deployment.endpoint)
    second = deployment.api.environment(deployment.endpoint, "Test", revision_id=first["revision_id"])
    create = deployment.streams.create

    def create_but_one(stream, settings):
        if first["id"] in stream:
            raise trouble
        create(stream, settings)

    deployment.streams.create = create_but_one
    assert deployment.take(provision(first), provision(second), receives=2) == [0]
    assert [deployment.shown(each)["status"] for each in (first, second)] == ["provisioning", "active"]


def test_streams_that_never_become_active_are_a_failure(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.streams.active = False
    assert deployment.take(provision(environment), receives=3) == []
    assert "did not become active" in deployment.shown(environment)["status_reason"]


def test_a_failed_environment_is_tried_again_by_a_change(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.streams.trouble = Misconfigured("No role.")
    deployment.take_all()
    deployment.streams.trouble = None
    deployment.change(environment)
    deployment.take_all()
    shown = deployment.shown(environment)
    assert (shown["status"], shown["status_reason"]) == ("active", None)


def test_streams_follow_their_number(deployment):
    environment = deployment.api.environment(deployment.endpoint, streams=1)
    deployment.take_all()
    deployment.change(environment, streams=3)
    deployment.take_all()
    assert (len(deployment.streams.made), len(deployment.pointer(environment)["streams"])) == (3, 3)
    deployment.change(environment, streams=2)
    (message,) = deployment.api.queue.messages
    assert deployment.take(message, receives=9) == [0]
    assert (len(deployment.streams.made), len(deployment.pointer(environment)["streams"])) == (3, 2)
    deployment.let_handlers_forget()
    assert deployment.take(message, receives=9) == []
    assert list(deployment.streams.made) == deployment.pointer(environment)["streams"]
    assert len(deployment.streams.made) == 2
    shown = deployment.shown(environment)
    assert (shown["status"], shown["status_reason"]) == ("active", None)


def test_streams_stay_while_a_handler_may_still_send_to_them(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    deployment.delete(environment)
    (message,) = deployment.api.queue.messages
    assert deployment.take(message, receives=9) == [0]
    assert len(deployment.streams.made) == 1
    deployment.let_handlers_forget()
    assert deployment.take(message, receives=9) == []
    assert deployment.streams.made == {}


def test_more_streams_that_can_not_be_made_leave_the_environment_active(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    deployment.change(environment, streams=2)
    deployment.streams.trouble = Misconfigured("No more streams.")
    deployment.take_all()
    shown, pointer = deployment.shown(environment), deployment.pointer(environment)
    assert (shown["status"], shown["status_reason"]) == ("active", "No more streams.")
    assert (pointer["state"], len(pointer["streams"])) == ("active", 1)


def test_a_deleted_environment_loses_every_stream_it_ever_had(deployment):
    environment = deployment.api.environment(deployment.endpoint, streams=3)
    deployment.take_all()
    deployment.change(environment, streams=1)
    deployment.delete(environment)
    deployment.let_handlers_forget()
    assert len(deployment.streams.made) == 3
    assert deployment.take_all() == []
    assert deployment.streams.made == {}
    assert deployment.pointer(environment)["state"] == "deleted"


def test_a_deleted_environment_is_not_brought_back(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    message = provision(environment)
    deployment.delete(environment)
    deployment.let_handlers_forget()
    assert deployment.take(message, receives=9) == []
    assert deployment.streams.made == {}
    assert deployment.pointer(environment)["state"] == "deleted"


def test_an_environment_deleted_while_its_streams_are_made_keeps_none(deployment):
    environment = deployment.api.environment(deployment.endpoint)

    def delete():
        deployment.delete(environment)
        deployment.let_handlers_forget()
        deployment.take_all()

    deployment.api.queue.messages = []
    deployment.streams.during_create = delete
    assert deployment.take(provision(environment)) == []
    assert deployment.streams.made == {}
    assert deployment.pointer(environment)["state"] == "deleted"


def test_streams_asked_for_while_others_are_removed_are_there_in_the_end(deployment):
    environment = deployment.api.environment(deployment.endpoint, streams=2)
    deployment.take_all()
    deployment.change(environment, streams=1)

    def ask_for_more():
        deployment.change(environment, streams=2)
        deployment.take_all()
        # The removal that was on its way takes effect only now.
        deployment.streams.made.popitem()

    message = deployment.api.queue.messages.pop()
    assert deployment.take(message) == [0]
    deployment.let_handlers_forget()
    deployment.streams.during_delete = ask_for_more
    assert deployment.take(message) == []
    assert list(deployment.streams.made) == deployment.pointer(environment)["streams"]
    assert len(deployment.streams.made) == 2


def test_a_removal_that_fails_comes_again_however_often(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    deployment.delete(environment)
    deployment.let_handlers_forget()
    deployment.streams.delete_trouble = Undelivered("Busy.")
    (message,) = deployment.api.queue.messages
    assert deployment.take(message, receives=9) == [0]
    deployment.streams.delete_trouble = None
    assert deployment.take(message, receives=9) == []
    assert deployment.streams.made == {}


def test_a_change_meanwhile_is_not_overwritten(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.api.table.before_transact = lambda: deployment.change(environment, on_invalid="reject")
    assert deployment.take(provision(environment)) == []
    pointer = deployment.pointer(environment)
    assert (pointer["state"], pointer["on_invalid"]) == ("active", "reject")


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"environment_id": 7}', '{"environment_id": "env_unknown"}'])
def test_a_message_that_is_none_of_ours_is_dropped(deployment, body):
    assert deployment.take(body) == []
    assert deployment.streams.made == {}


def test_a_plan_that_is_exhausted_stays_so(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    item = deployment.api.table.get(pointer_key(environment["id"]))
    deployment.api.table.transact([Put(item.key, {**item.data, "plan_exhausted": True}, item.version)])
    deployment.take_all()
    deployment.change(environment, on_invalid="reject")
    pointer = deployment.pointer(environment)
    assert (pointer["state"], pointer["plan_exhausted"]) == ("active", True)


def test_whoever_made_an_environment_can_change_it_with_the_version_they_got(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    path = f"/v1/environments/{environment['id']}"
    assert deployment.api.call("PATCH", path, {"name": "Shop"}, if_match='"1"').headers["ETag"] == '"2"'


def test_what_a_destination_needs_is_made_before_its_streams_and_removed_after_them(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.streams.during_create = lambda: deployment.notes.append("streams made")
    deployment.take_all()
    made = [("make", name, environment["id"]) for name in ("table", "secret")]
    assert deployment.notes == [*made, "streams made"]
    deployment.notes.clear()
    deployment.delete(environment)
    deployment.let_handlers_forget()
    deployment.streams.during_delete = lambda: deployment.notes.append("streams removed")
    assert deployment.take_all() == []
    assert deployment.notes == [
        "streams removed",
        *[("remove", name, environment["id"]) for name in ("secret", "table")],
    ]


def test_an_environment_is_not_active_before_every_part_of_it_works(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.steps[0].missing = "The table is not there yet."
    assert deployment.take(provision(environment)) == [0]
    assert deployment.shown(environment)["status"] == "provisioning"
    assert deployment.take(provision(environment), receives=3) == []
    shown = deployment.shown(environment)
    assert (shown["status"], shown["status_reason"]) == ("failed", "The table is not there yet.")
    deployment.steps[0].missing = None
    assert deployment.take(provision(environment)) == []
    assert deployment.shown(environment)["status"] == "active"


def test_a_part_that_can_not_be_made_fails_its_environment_with_its_reason(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.steps[1].trouble = Misconfigured("The secret can't be kept.")
    assert deployment.take(provision(environment)) == []
    assert deployment.shown(environment)["status_reason"] == "The secret can't be kept."
    assert deployment.streams.made == {}


def test_a_part_that_can_not_be_removed_yet_comes_again(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    deployment.delete(environment)
    deployment.let_handlers_forget()
    deployment.steps[1].trouble = StillInUse(30)
    (message,) = deployment.api.queue.messages
    assert deployment.take(message, receives=9) == [0]
    deployment.steps[1].trouble = None
    deployment.notes.clear()
    assert deployment.take(message, receives=9) == []
    assert [note[:2] for note in deployment.notes] == [("remove", "secret"), ("remove", "table")]


def test_a_stream_is_not_removed_while_it_may_hold_what_removing_would_lose(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    deployment.streams.held_seconds = 100.0
    deployment.delete(environment)
    deployment.let_handlers_forget()
    (message,) = deployment.api.queue.messages
    assert deployment.take(message) == [0]
    assert len(deployment.streams.made) == 1
    deployment.api.clock.now_ns += 100_000_000_000
    assert deployment.take(message) == []
    assert deployment.streams.made == {}


def test_what_has_to_wait_is_sent_anew_where_a_queue_gives_up_on_what_comes_too_often(deployment):
    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    deployment.serve(postpone=lambda body, delay_seconds: deployment.postponed.append((body, delay_seconds)))
    deployment.streams.held_seconds = 100.0
    deployment.delete(environment)
    (message,) = deployment.api.queue.messages
    assert deployment.take(message) == []
    assert len(deployment.streams.made) == 1
    ((body, delay_seconds),) = deployment.postponed
    assert LEAVING_SECONDS + 99 < delay_seconds <= LEAVING_SECONDS + 100
    deployment.api.clock.now_ns += delay_seconds * 1_000_000_000
    assert deployment.take(body) == []
    assert deployment.streams.made == {}


def test_a_message_that_can_not_be_postponed_stays(deployment):
    def refuse(body, delay_seconds):
        raise Undelivered("Busy.")

    environment = deployment.api.environment(deployment.endpoint)
    deployment.take_all()
    deployment.serve(postpone=refuse)
    deployment.delete(environment)
    (message,) = deployment.api.queue.messages
    assert deployment.take(message, receives=9) == [0]


def test_streams_take_over_the_time_for_which_they_gather(deployment):
    environment = deployment.api.environment(deployment.endpoint, streams=2, buffer_seconds=5)
    deployment.take_all()
    assert {settings.buffer_seconds for settings in deployment.streams.made.values()} == {5}
    for seconds in (900, 0, None):
        deployment.change(environment, buffer_seconds=seconds)
        deployment.take_all()
        assert {settings.buffer_seconds for settings in deployment.streams.made.values()} == {seconds}
    assert deployment.shown(environment)["buffer_seconds"] is None


@pytest.mark.parametrize("kind", ["http", "sqs", "kinesis", "eventbridge"])
def test_streams_whose_events_go_out_in_requests_make_small_objects_since_these_go_out_one_by_one(kind):
    environment = {
        "id": "env_1", "endpoint_id": "ep_1", "organisation_id": "org_1", "streams": 3, "destination": {"type": kind}
    }  # fmt: skip
    settings = stream_settings_for(Buckets("data", "landing"))(environment)
    assert (settings.bucket, settings.buffer_bytes, settings.default_times) == ("landing", 1024 * 1024, 1)


@pytest.mark.parametrize(("streams", "own", "seconds"), [(1, None, 60), (3, 5, 180), (1, 300, 300), (50, None, 900)])
def test_streams_of_a_lake_land_rarely_since_each_object_is_a_commit(streams, own, seconds):
    environment = {
        "id": "env_1", "endpoint_id": "ep_1", "organisation_id": "org_1", "streams": streams,
        "destination": {"type": "lake", "managed": True}, "buffer_seconds": own,
    }  # fmt: skip
    settings = stream_settings_for(Buckets("data", "landing"))(environment)
    assert (settings.bucket, settings.buffer_bytes) == ("landing", 128 * 1024 * 1024)
    assert settings.buffer_seconds == buffer_seconds_of(environment, 60) == seconds


@pytest.mark.parametrize(("streams", "own", "seconds"), [(1, None, 900), (1, 5, 60), (3, 5, 180), (1, 300, 300)])
def test_streams_of_a_lake_of_files_gather_as_long_as_they_can_since_nothing_merges_files(streams, own, seconds):
    environment = {
        "id": "env_1", "endpoint_id": "ep_1", "organisation_id": "org_1", "streams": streams,
        "destination": {"type": "lake", "managed": True, "table_format": "parquet"}, "buffer_seconds": own,
    }  # fmt: skip
    settings = stream_settings_for(Buckets("data", "landing"))(environment)
    assert settings.buffer_seconds == buffer_seconds_of(environment, 60) == seconds


@pytest.mark.parametrize(("mode", "times", "mib"), [("load", 3, 128), ("stream", 1, 16), (None, 1, 64)])
def test_streams_whose_objects_are_load_jobs_of_one_table_make_few_of_them(mode, times, mib):
    destination = {"type": "s3", "managed": True} if mode is None else {"type": "bigquery", "mode": mode}
    environment = {
        "id": "env_1", "endpoint_id": "ep_1", "organisation_id": "org_1", "streams": 3, "destination": destination
    }  # fmt: skip
    settings = stream_settings_for(Buckets("data", "landing"))(environment)
    assert (settings.buffer_seconds, settings.default_times) == (None, times)
    assert settings.buffer_bytes == mib * 1024 * 1024
    assert buffer_seconds_of(environment, 60) == 60 * times
    assert buffer_seconds_of(environment | {"streams": 50}, 60) == (900 if mode == "load" else 60)
    assert buffer_seconds_of(environment | {"buffer_seconds": 7}, 60) == 7
