"""What every way to read TXT records keeps: the DNS itself, and the memory that tests put in its place."""

import dns.resolver
import pytest

from adapters.dns_texts import DnsTexts
from domain.errors import Undelivered
from tests.dns_server import dns_server
from tests.memory_texts import MemoryTexts

NAME = "_ingest-challenge.events.example.com"
MOST_SECONDS = 60.0
"""For what is answered, however busy the machine is."""
SHORT_SECONDS = 0.3
"""For what is not."""


class OfMemory:
    def __init__(self):
        self.texts = MemoryTexts()

    def set(self, name, *values):
        self.texts.records[name] = list(values)

    def be_silent(self, _name):
        self.texts.is_silent = True


class OfDns:
    def __init__(self, records, port):
        self.records = records
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port, resolver.timeout = ["127.0.0.1"], port, MOST_SECONDS
        self.resolver = resolver
        self.texts = DnsTexts(resolver, MOST_SECONDS)

    def set(self, name, *values):
        self.records.texts[name] = [[value.encode()] for value in values]

    def be_silent(self, name):
        self.records.silent.add(name)
        self.be_impatient()

    def be_impatient(self):
        self.texts = DnsTexts(self.resolver, SHORT_SECONDS)


@pytest.fixture
def real():
    with dns_server() as (records, port):
        yield OfDns(records, port)


@pytest.fixture(params=["memory", "dns"])
def world(request):
    return OfMemory() if request.param == "memory" else request.getfixturevalue("real")


def test_every_text_of_a_name_is_returned(world):
    world.set(NAME, "ingest-endpoints=0a1b", "v=spf1 include:mail.example -all")
    assert sorted(world.texts.texts(NAME)) == ["ingest-endpoints=0a1b", "v=spf1 include:mail.example -all"]


def test_a_name_that_does_not_exist_has_no_texts(world):
    assert list(world.texts.texts(NAME)) == []


def test_case_tells_no_names_apart(world):
    world.set(NAME, "value")
    assert list(world.texts.texts(NAME.upper())) == ["value"]


def test_a_dns_without_an_answer_is_asked_again_later(world):
    world.be_silent(NAME)
    with pytest.raises(Undelivered) as caught:
        world.texts.texts(NAME)
    assert caught.value.retryable


def test_a_name_without_texts_has_none(real):
    real.records.texts[NAME] = []
    assert real.texts.texts(NAME) == []


def test_strings_of_one_record_are_put_together(real):
    real.records.texts[NAME] = [[b"ingest-endpoints=", b"0a1b", b"2c"], [b""]]
    assert sorted(real.texts.texts(NAME)) == ["", "ingest-endpoints=0a1b2c"]


def test_an_alias_is_followed(real):
    real.records.aliases[NAME] = "proofs.elsewhere.example"
    real.records.aliases["proofs.elsewhere.example"] = "a.elsewhere.example"
    real.set("a.elsewhere.example", "value")
    assert real.texts.texts(NAME) == ["value"]


@pytest.mark.parametrize("target", [NAME, "b.example"])
def test_an_alias_that_leads_nowhere_has_no_texts(real, target):
    real.records.aliases |= {NAME: target, "b.example": NAME if target == NAME else "gone.example"}
    try:
        found = real.texts.texts(NAME)
    except Undelivered:
        found = []
    assert found == []


def test_an_answer_that_is_too_long_for_a_datagram_comes_by_tcp(real):
    real.records.texts[NAME] = [[b"x" * 250, b"%d" % number] for number in range(60)]
    assert len(real.texts.texts(NAME)) == 60
    assert real.records.by_tcp == [NAME]


def test_bytes_that_are_no_text_do_no_harm(real):
    real.records.texts[NAME] = [[b"\xff\x00\x80"], [b"value"]]
    assert "value" in real.texts.texts(NAME)


@pytest.mark.parametrize("kind", ["failing", "rubbish"])
def test_a_server_that_fails_is_told(real, kind):
    getattr(real.records, kind).add(NAME)
    real.be_impatient()
    with pytest.raises(Undelivered):
        real.texts.texts(NAME)


def test_only_the_name_itself_is_looked_for(real):
    """The machine's search list would make another domain of it."""
    real.resolver.search = [dns.name.from_text("corp.example.")]
    real.set(f"{NAME}.corp.example", "value")
    assert real.texts.texts(NAME) == []


def test_a_machine_without_resolvers_is_told():
    with pytest.raises(Undelivered):
        DnsTexts(dns.resolver.Resolver(configure=False)).texts(NAME)
