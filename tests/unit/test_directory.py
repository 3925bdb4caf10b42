"""What ingest remembers of the catalog: whole, bounded, and shared by threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import Rejected, Undelivered
from domain.intake import directory as directory_module
from domain.intake.directory import Directory
from domain.validation.revision import CompiledRevision
from schemas.codes import Problem
from schemas.items import pointer_key, revision_document_key
from schemas.limits import CATALOG_OUTAGE_SECONDS, POINTER_MAX_AGE_SECONDS, UNSETTLED_POINTER_MAX_AGE_SECONDS
from tests.ingest_world import World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def directory(world):
    return world.directory


def documents_read(world):
    return [key for key in world.catalog.reads if key.pk.startswith("DOCUMENT#")]


def test_an_environment_comes_with_its_pointer_and_its_compiled_revision(world, directory):
    environment_id = world.add_environment()
    environment = directory.environment(environment_id)
    assert environment.pointer == world.pointer(environment_id)
    assert environment.revision.revision_id == environment.pointer["revision_id"]
    assert world.catalog.reads == [
        pointer_key(environment_id),
        revision_document_key(environment.pointer["revision_id"]),
    ]


@pytest.mark.parametrize("state", ["provisioning", "failed", "deleted"])
def test_an_environment_that_takes_no_events_needs_no_revision(world, directory, state):
    environment = directory.environment(world.add_environment(state=state))
    assert environment.revision is None
    assert documents_read(world) == []


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        ("active", POINTER_MAX_AGE_SECONDS),
        ("deleted", POINTER_MAX_AGE_SECONDS),
        ("provisioning", UNSETTLED_POINTER_MAX_AGE_SECONDS),
        ("failed", UNSETTLED_POINTER_MAX_AGE_SECONDS),
    ],
)
def test_a_pointer_is_read_again_at_its_age_and_not_before(world, directory, state, seconds):
    environment_id = world.add_environment(state=state)
    directory.environment(environment_id)
    world.clock.forward(seconds - 0.01)
    directory.environment(environment_id)
    assert world.catalog.reads.count(pointer_key(environment_id)) == 1
    world.clock.forward(0.01)
    directory.environment(environment_id)
    assert world.catalog.reads.count(pointer_key(environment_id)) == 2


def test_environments_of_one_revision_share_what_it_compiled_to(world, directory):
    first, second = world.add_environment(), world.add_environment()
    world.change(second, revision_id=world.pointer(first)["revision_id"])
    assert directory.environment(first).revision is directory.environment(second).revision
    assert len(documents_read(world)) == 1


def test_a_roll_back_finds_the_revision_still_compiled(world, directory):
    environment_id = world.add_environment()
    old, new = world.pointer(environment_id)["revision_id"], world.add_revision([])
    for revision_id in (old, new, old, new):
        world.change(environment_id, revision_id=revision_id)
        world.clock.forward(POINTER_MAX_AGE_SECONDS)
        assert directory.environment(environment_id).revision.revision_id == revision_id
    assert len(documents_read(world)) == 2


def test_an_environment_that_a_request_holds_is_not_changed_under_it(world, directory):
    environment_id = world.add_environment()
    held = directory.environment(environment_id)
    before = dict(held.pointer)
    world.change(environment_id, revision_id=world.add_revision([]), state="deleted")
    world.clock.forward(POINTER_MAX_AGE_SECONDS)
    assert directory.environment(environment_id) is not held
    assert held.pointer == before
    assert held.revision.revision_id == before["revision_id"]


def test_the_environments_used_longest_ago_make_room(world, directory, monkeypatch):
    monkeypatch.setattr(directory_module, "MAX_ENVIRONMENTS_KEPT", 10)
    often = world.add_environment()
    for environment_id in [world.add_environment() for _ in range(30)]:
        directory.environment(environment_id)
        world.clock.forward(0.01)
        directory.environment(often)
        world.clock.forward(0.01)
    assert world.catalog.reads.count(pointer_key(often)) == 1


def test_a_revision_in_use_outlives_those_read_longest_ago(world, directory, monkeypatch):
    monkeypatch.setattr(directory_module, "MAX_REVISIONS_KEPT", 5)
    often = world.add_environment()
    for environment_id in [world.add_environment() for _ in range(30)]:
        world.clock.forward(POINTER_MAX_AGE_SECONDS)
        directory.environment(often)
        directory.environment(environment_id)
    assert documents_read(world).count(revision_document_key(world.pointer(often)["revision_id"])) == 1


def test_revisions_are_bounded_by_what_they_take_in_memory(world, directory, monkeypatch):
    one = directory.environment(world.add_environment()).revision.memory_bytes
    assert one > 0
    monkeypatch.setattr(directory_module, "MAX_REVISION_BYTES_KEPT", 4 * one)
    for environment_id in [world.add_environment() for _ in range(20)]:
        assert directory.environment(environment_id).revision is not None
    assert len(directory._revisions) <= 4
    in_use = {id(environment.revision) for environment in directory._environments.values()}
    assert in_use <= {id(revision) for revision in directory._revisions.values()}


def test_a_revision_larger_than_the_whole_bound_is_served_all_the_same(world, directory, monkeypatch):
    monkeypatch.setattr(directory_module, "MAX_REVISION_BYTES_KEPT", 1)
    environment_id = world.add_environment()
    for _ in range(3):
        assert directory.environment(environment_id).revision is not None
        world.clock.forward(POINTER_MAX_AGE_SECONDS)
    assert len(documents_read(world)) == 1


def test_an_unknown_id_and_an_unknown_host_are_remembered_for_the_same_time(world, directory):
    environment_id, host = "env_" + "0" * 26, "events.shop.example.com"
    for seconds, reads in ((0, 2), (POINTER_MAX_AGE_SECONDS - 0.01, 2), (0.01, 4)):
        world.clock.forward(seconds)
        assert directory.environment(environment_id) is None
        assert directory.environment_of_host(host) is None
        assert len(world.catalog.reads) == reads


def test_a_flood_of_unknown_names_leaves_room_for_new_ones(world, directory, monkeypatch):
    monkeypatch.setattr(directory_module, "MAX_UNKNOWN_KEPT", 100)
    for number in range(1_000):
        assert directory.environment(f"env_{number:026d}") is None
        assert len(directory._unknown) <= 100
    last = len(world.catalog.reads)
    assert directory.environment(f"env_{999:026d}") is None
    assert len(world.catalog.reads) == last


def test_an_outage_ends_in_a_refusal_that_says_when_to_come_again(world, directory):
    environment_id = world.add_environment()
    directory.environment(environment_id)
    world.catalog.unreachable = True
    world.clock.forward(CATALOG_OUTAGE_SECONDS)
    assert directory.environment(environment_id) is not None
    world.clock.forward(1.01)
    with pytest.raises(Rejected) as caught:
        directory.environment(environment_id)
    assert caught.value.code == Problem.UNDELIVERABLE
    assert caught.value.headers["Retry-After"]


class SlowCatalog:
    """Takes its time for each reading, and then fails while the catalog can't be reached."""

    def __init__(self, world, seconds):
        self.world = world
        self.seconds = seconds

    def get(self, key):
        self.world.clock.forward(self.seconds)
        return self.world.catalog.get(key)


def test_a_catalog_that_is_slow_to_fail_holds_up_few_of_the_requests(world):
    environment_id = world.add_environment()
    directory = Directory(SlowCatalog(world, 1.5), world.clock.monotonic)
    directory.environment(environment_id)
    world.clock.forward(POINTER_MAX_AGE_SECONDS)
    world.catalog.unreachable = True
    began, reads, requests = world.clock.monotonic(), len(world.catalog.reads), 0
    while world.clock.monotonic() - began < 120:
        assert directory.environment(environment_id) is not None
        world.clock.forward(0.02)
        requests += 1
    held_up = len(world.catalog.reads) - reads
    assert held_up * 1.5 < 0.3 * 120
    assert requests > 100 * held_up


def test_what_is_not_known_yet_is_waited_for_where_what_is_known_would_not_be(world):
    """A catalog that is slow answers a reader that waits, and no other."""
    first_id, second_id = world.add_environment(), world.add_environment()
    hasty, patient = FailingWhen(world, 0.8), FailingWhen(world, 2.0)
    directory = Directory(hasty, world.clock.monotonic, patient=patient)
    assert directory.environment(first_id) is not None
    world.clock.forward(POINTER_MAX_AGE_SECONDS)
    hasty.fails = True
    known = directory.environment(first_id)  # read again in vain, and served all the same
    assert known is not None
    assert hasty.reads == 1
    assert directory.environment(second_id) is not None, "what could not be read again keeps no other waiting"
    assert hasty.reads == 1
    patient.fails = True
    for _ in range(3):
        with pytest.raises(Rejected):
            directory.environment(world.add_environment())
    assert patient.reads == 5, "two environments of two items each, and one in vain for all three"
    assert directory.environment(first_id) is known


class FailingWhen:
    """A reader that takes some seconds for each item, and fails when it is told to."""

    def __init__(self, world, seconds):
        self.world, self.seconds, self.fails, self.reads = world, seconds, False, 0

    def get(self, key):
        self.reads += 1
        self.world.clock.forward(self.seconds)
        if self.fails:
            raise Undelivered("failed on purpose")
        return self.world.catalog.get(key)


def test_an_outage_of_the_document_alone_is_an_outage_too(world, directory):
    environment_id = world.add_environment(revision_id="rev_missing")
    with pytest.raises(Rejected) as caught:
        directory.environment(environment_id)
    assert caught.value.code == Problem.UNDELIVERABLE


def test_threads_see_whole_environments_while_deploys_go_on(world):
    environment_ids = [world.add_environment() for _ in range(5)]
    revision_ids = [world.add_revision([]) for _ in range(5)]
    tick = iter(range(10**9))
    directory = Directory(world.catalog, lambda: float(next(tick)))  # every look is older than the last by a second
    stop = threading.Event()

    def deploy():
        while not stop.is_set():
            for environment_id in environment_ids:
                for revision_id in revision_ids:
                    world.change(environment_id, revision_id=revision_id)

    def look(_):
        for number in range(400):
            environment = directory.environment(environment_ids[number % 5])
            assert environment.revision.revision_id == environment.pointer["revision_id"]

    deployer = threading.Thread(target=deploy)
    deployer.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(look, range(4)))
    finally:
        stop.set()
        deployer.join()


def test_requests_that_read_one_revision_at_the_same_time_compile_it_once(world):
    """An ingest worker has hundreds under way in one thread, and each gives way to the others while it reads."""
    environment_id = world.add_environment()
    compiled = []

    class GivingWay:
        """While a revision is read, another request comes for it."""

        def get(self, key):
            item = world.catalog.get(key)
            if key.pk.startswith("DOCUMENT#") and len(documents_read(world)) < 3:
                directory.environment(environment_id)
            return item

    def compile_it(document):
        compiled.append(CompiledRevision(document))
        return compiled[-1]

    directory = Directory(GivingWay(), world.clock.monotonic, compile_it)
    assert directory.environment(environment_id).revision is compiled[0]
    assert len(documents_read(world)) == 3
    assert len(compiled) == 1
