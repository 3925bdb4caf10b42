"""What ingest remembers of the keys of webhooks, and for how long."""

import pytest

from domain.errors import Undelivered
from domain.hook_secrets import MAX_ENVIRONMENTS_KEPT, HookSecrets, keys_of_text, text_of_keys
from schemas.limits import BEGUN_SECRET_SECONDS, CATALOG_OUTAGE_SECONDS, POINTER_MAX_AGE_SECONDS

KEYS = {"github": [b"new", b"\x00\xff"], "svix": [b"only"]}


class World:
    """A store of secrets that counts what is read, and can be out of reach, with a clock."""

    def __init__(self):
        self.now = 0.0
        self.texts = {"hook_1": text_of_keys(KEYS)}
        self.is_reachable = True
        self.read = []
        self.secrets = HookSecrets(self, lambda: self.now)

    def get(self, name):
        self.read.append(name)
        if not self.is_reachable:
            raise Undelivered("It can't be reached.")
        return self.texts.get(name)

    def of(self, hook, name="hook_1"):
        return self.secrets.secrets_of({"hook_secrets": name}, hook)


@pytest.fixture
def world():
    return World()


def test_keys_come_back_as_they_were_kept():
    assert keys_of_text(text_of_keys(KEYS)) == KEYS


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": ["zz"]}', '{"a": [1]}', "null"])
def test_what_is_no_set_of_keys_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        keys_of_text(text)


def test_keys_of_all_webhooks_are_read_once_a_minute(world):
    for _ in range(3):
        assert (world.of("github"), world.of("svix"), world.of("unknown")) == (KEYS["github"], KEYS["svix"], [])
    world.now = 59.9
    world.of("github")
    assert world.read == ["hook_1"]
    world.now = 60.0
    world.of("github")
    assert world.read == ["hook_1"] * 2


def test_an_environment_without_secrets_reads_nothing(world):
    assert world.secrets.secrets_of({}, "open") == world.of("open", name=None) == []
    assert world.read == []


def test_new_keys_are_used_as_soon_as_the_pointer_names_them(world):
    world.of("svix")
    world.texts["hook_2"] = text_of_keys({"svix": [b"other"]})
    assert world.of("svix", name="hook_2") == [b"other"]


@pytest.mark.parametrize("trouble", ["unreachable", "absent", "broken"])
def test_keys_that_can_not_be_read_are_asked_for_again_after_five_seconds_and_never_taken_for_none(world, trouble):
    text = world.texts.pop("hook_1")
    if trouble == "broken":
        world.texts["hook_1"] = "{"
    world.is_reachable = trouble != "unreachable"
    for _ in range(3):
        with pytest.raises(Undelivered):
            world.of("github")
    assert len(world.read) == 1
    world.texts["hook_1"] = text
    world.is_reachable = True
    world.now = 4.9
    with pytest.raises(Undelivered):
        world.of("github")
    world.now = 5.0
    assert world.of("github") == KEYS["github"]


def test_keys_that_were_read_stay_in_use_while_they_can_not_be_read_again(world):
    world.of("github")
    world.is_reachable = False
    world.now = 60.0
    assert [world.of("github") for _ in range(2)] == [KEYS["github"]] * 2
    assert len(world.read) == 2
    world.now = 65.0
    world.of("github")
    assert len(world.read) == 3


def test_keys_of_many_environments_are_forgotten_the_oldest_first(world):
    names = [f"hook_{number}" for number in range(1, MAX_ENVIRONMENTS_KEPT + 2)]
    for name in names:
        world.texts[name] = text_of_keys(KEYS)
        world.of("svix", name=name)
    world.read.clear()
    world.of("svix", name=names[-1])
    world.of("svix", name=names[1])
    assert world.read == []
    world.of("svix", name=names[0])
    assert world.read == [names[0]]


def test_replaced_secrets_stay_longer_than_any_handler_goes_by_an_earlier_pointer():
    assert BEGUN_SECRET_SECONDS > CATALOG_OUTAGE_SECONDS + POINTER_MAX_AGE_SECONDS
