import hashlib
import hmac
import re
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.completion import macros, user_agents
from domain.completion.bounded_text import bounded_text
from domain.completion.macros import RequestFacts, macro_value, macro_value_of
from domain.derived_keys import derived_key
from domain.http import HttpRequest
from domain.validation.times import TIMESTAMP_READERS
from schemas.data_types import DataType, TimestampFormat
from schemas.limits import MAX_STRING_BYTES
from schemas.macros import MACRO_TYPES, Macro

ROOT = Path(__file__).parents[2]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
PIXEL = (
    "Mozilla/5.0 (Linux; Android 13; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/116.0.5845.114 Mobile Safari/537.36"
)
EVENT_ID = "evt_0190b1f2c3d47e5f8a9b0c1d2e3f4a5b"
RECEIVED_NS = 1_718_200_926_123_456_789
RECEIVED_AT = "2024-06-12T14:02:06.123456Z"


def make_facts(
    *,
    headers=None,
    query=None,
    source_ip="203.0.113.7",
    received_at=RECEIVED_AT,
    secret=b"a secret",
    organisation="org_1",
    trusted=True,
) -> RequestFacts:
    request = HttpRequest("POST", "/e/env_1", "in.example", headers or {}, query or {}, b"", source_ip, "req_1")
    request.is_from_trusted_front = trusted
    return RequestFacts(request, RECEIVED_NS, received_at, organisation, "ep_1", "env_1", "rev_1", lambda: secret)


def value_of(macro: str, *, data_type: str = "STRING", **parts):
    return macro_value(macro, data_type)(make_facts(**parts), EVENT_ID)


PAIRS = [(macro, data_type) for macro, types in MACRO_TYPES.items() for data_type in sorted(types)]


@pytest.mark.parametrize(("macro", "data_type"), PAIRS)
def test_every_macro_of_the_table_gives_its_type_or_nothing(macro, data_type):
    for headers, query in [
        ({}, {}),
        (
            {
                "user-agent": PIXEL,
                "referer": "https://a.example.com/?utm_source=x",
                "cloudfront-viewer-country": "DE",
                "cloudfront-viewer-country-region": "NW",
                "cloudfront-viewer-city": "K%C3%B6ln",
            },
            {"sw": "1", "sh": "2", "referrer": "https://b.example.org/"}
            | dict.fromkeys(["utm_medium", "utm_campaign", "utm_term", "utm_content"], "y"),
        ),
    ]:
        value = value_of(macro, data_type=data_type, headers=headers, query=query)
        if value is not None or query:
            assert type(value) is (int if data_type in {"INT", "TIMESTAMP"} else str)


@pytest.mark.parametrize(
    ("macro", "data_type"),
    [(macro, data_type) for macro in Macro for data_type in DataType if data_type not in MACRO_TYPES[macro]]
    + [("no_macro", "STRING"), ("uuid", "TEXT"), ("", "")],
)
def test_a_pair_outside_the_table_is_refused(macro, data_type):
    with pytest.raises(ValueError):
        macro_value(macro, data_type)


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        ("DATETIME", "2024-06-12T14:02:06.123456"),
        ("STRING", "2024-06-12T14:02:06.123456Z"),
        ("TIMESTAMP", 1_718_200_926),
        ("INT", 1_718_200_926),
    ],
)
def test_the_time_of_arrival_takes_the_form_of_its_type(data_type, value):
    assert value_of("received_at", data_type=data_type) == value
    assert datetime.fromisoformat(RECEIVED_AT) == datetime.fromtimestamp(1_718_200_926.123456, UTC)


@pytest.mark.parametrize("timestamp_format", TimestampFormat)
def test_the_time_of_arrival_is_stored_as_a_moment_that_was_sent_in_the_format_would_be(timestamp_format):
    field = {"key": "at", "type": "TIMESTAMP", "format": timestamp_format, "presence": "macro", "macro": "received_at"}
    value = macro_value_of(field)(make_facts(), EVENT_ID)
    is_number = timestamp_format == TimestampFormat.UNIX_SECONDS
    assert value == (1_718_200_926 if is_number else RECEIVED_AT)
    # What is stored as it is sent can be read by whatever reads the field.
    assert TIMESTAMP_READERS["unix_seconds" if is_number else "rfc3339"](value) == value


def test_ids_are_those_of_the_event_and_its_revision():
    assert [value_of(name) for name in ("event_id", "organisation_id", "endpoint_id", "environment_id")] == [
        EVENT_ID,
        "org_1",
        "ep_1",
        "env_1",
    ]
    assert value_of("revision_id") == "rev_1"


def test_uuids_are_of_version_4_and_differ_from_event_to_event():
    make, facts = macro_value("uuid", "STRING"), make_facts()
    texts = {make(facts, EVENT_ID) for _ in range(1_000)}
    assert len(texts) == 1_000
    for text in texts:
        parsed = uuid.UUID(text)
        assert (str(parsed), parsed.version, parsed.variant) == (text, 4, uuid.RFC_4122)


def test_random_ints_stay_in_their_range_and_spread_over_it():
    make, facts = macro_value("random_int", "INT"), make_facts()
    numbers = [make(facts, EVENT_ID) for _ in range(1_000)]
    assert all(1 <= number <= 2**31 - 2 for number in numbers)
    assert min(numbers) < 2**28
    assert max(numbers) > 2**31 - 2**28


@pytest.mark.parametrize(("random_bits", "number"), [(0, 1), (2**31 - 3, 2**31 - 2), (2**31 - 2, 1)])
def test_the_ends_of_the_random_range_can_come(random_bits, number):
    assert macros._int_in_range(random_bits) == number


def test_the_user_hash_is_keyed_for_each_organisation_and_lasts_a_day():
    first = value_of("user_hash", headers={"user-agent": FIREFOX})
    key = derived_key(b"a secret", "org_1", "user_hash 2024-06-12")
    expected = hmac.new(key, f"2024-06-12\x00203.0.113.7\x00{FIREFOX}".encode(), hashlib.sha256).hexdigest()
    assert first == expected
    assert value_of("user_hash", headers={"user-agent": FIREFOX}, received_at="2024-06-12T23:59:59.999999Z") == first
    others = [
        value_of("user_hash", headers={"user-agent": FIREFOX}, received_at="2024-06-13T00:00:00.000000Z"),
        value_of("user_hash", headers={"user-agent": FIREFOX}, secret=b"another"),
        value_of("user_hash", headers={"user-agent": FIREFOX}, organisation="org_2"),
        value_of("user_hash", headers={"user-agent": FIREFOX}, source_ip="203.0.113.8"),
        value_of("user_hash", headers={"user-agent": IPHONE}),
        value_of("user_hash", headers={"user-agent": "\ud800"}),
        value_of("user_hash"),
    ]
    assert len({first, *others}) == 8
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in others)


@pytest.mark.parametrize("macro", ["user_country_code", "user_region", "user_city"])
def test_a_place_that_only_the_sender_claims_is_none(macro):
    names = ("country", "country-region", "country-region-name", "city")
    headers = {f"cloudfront-viewer-{name}": "x" for name in names}
    assert value_of(macro, headers=headers) == "x"
    assert value_of(macro, headers=headers, trusted=False) is None


def test_the_client_address_is_the_front_doors_and_no_claim():
    assert value_of("user_ip", headers={"x-forwarded-for": "6.6.6.6"}) == "203.0.113.7"


@pytest.mark.parametrize(
    ("macro", "headers", "value"),
    [
        ("user_agent", {"user-agent": "curl/8"}, "curl/8"),
        ("user_agent", {}, None),
        ("user_agent", {"user-agent": ""}, None),
        ("user_country_code", {"cloudfront-viewer-country": "BR"}, "BR"),
        ("user_country_code", {"cloudfront-viewer-country-region": "SP"}, None),
        ("user_region", {"cloudfront-viewer-country-region": "SP"}, "SP"),
        (
            "user_region",
            {"cloudfront-viewer-country-region": "SP", "cloudfront-viewer-country-region-name": "S%C3%A3o Paulo"},
            "SP",
        ),
        ("user_region", {"cloudfront-viewer-country-region-name": "S%C3%A3o%20Paulo"}, "São Paulo"),
        ("user_city", {"cloudfront-viewer-city": "S%C3%A3o%20Paulo"}, "São Paulo"),
        ("user_city", {"cloudfront-viewer-city": "New York"}, "New York"),
        ("user_city", {"cloudfront-viewer-city": "%FF"}, "�"),
        ("user_city", {}, None),
    ],
)
def test_headers_become_values(macro, headers, value):
    assert value_of(macro, headers=headers) == value


SOFTWARE = ["browser_name", "browser_version", "os_name", "os_version", "device_name", "device_brand", "device_model"]


@pytest.mark.parametrize(
    ("user_agent", "values"),
    [
        (FIREFOX, ["Firefox", "127.0", "Linux", None, None, None, None]),
        (IPHONE, ["Mobile Safari", "17.5", "iOS", "17.5", "iPhone", "Apple", "iPhone"]),
        (PIXEL, ["Chrome Mobile", "116.0.5845.114", "Android", "13", "Samsung SM-S918B", "Samsung", "SM-S918B"]),
        ("curl/8.8.0", ["curl", "8.8.0", None, None, None, None, None]),
        ("nobody knows this one", [None] * 7),
        ("", [None] * 7),
        (None, [None] * 7),
    ],
)
def test_user_agents_tell_browser_system_and_device(user_agent, values):
    headers = {} if user_agent is None else {"user-agent": user_agent}
    assert [value_of(macro, headers=headers) for macro in SOFTWARE] == values


HOSTILE_PARTS = [
    "; ",
    "a;",
    "Mozilla/5.0 (",
    "Linux; Android 5; ",
    "Build/",
    "/0A. ",
    "bot ",
    "HTC_  ",
    "1.",
    "\ud800",
    "Ü",
    "\n",
]


@pytest.mark.parametrize("part", HOSTILE_PARTS)
@pytest.mark.parametrize(
    "load", [user_agents.load_browser_parser, user_agents.load_system_parser, user_agents.load_device_parser]
)
def test_a_user_agent_is_cut_before_any_rule_sees_it(part, load):
    limit = user_agents.MAX_USER_AGENT_CHARS
    head = (part * limit)[:limit]
    assert load()(head + part * 100_000) == load()(head)


def test_no_rule_sees_more_of_a_user_agent_than_its_cut():
    seen = []

    class Matcher:
        class pattern:  # noqa: N801
            search = staticmethod(seen.append)

    parse = user_agents._bounded(user_agents._parser([Matcher], user_agents._software), user_agents.NO_SOFTWARE)
    assert parse("x" * 1_000_000) == user_agents.NO_SOFTWARE
    assert [len(text) for text in seen] == [user_agents.MAX_USER_AGENT_CHARS]


def test_parsed_user_agents_are_kept_and_their_number_is_bounded():
    calls = []
    parse = user_agents._bounded(calls.append, user_agents.NO_DEVICE)
    for text in ["a", "b", "a"]:
        parse(text)
    assert calls == ["a", "b"]
    for number in range(user_agents.MAX_PARSED_USER_AGENTS):
        parse(f"other {number}")
    parse("a")
    assert calls[-1] == "a"


def test_a_rule_whose_family_is_empty_leaves_the_word_to_the_next():
    class Empty:
        pattern = re.compile("")

        def __call__(self, user_agent):
            raise ValueError(user_agent)

    class Next(Empty):
        def __call__(self, user_agent):
            return "found"

    assert user_agents._parser([Empty(), Next()], lambda found: found)("x") == "found"
    assert user_agents._parser([Empty()], lambda found: found)("x") is None


@given(
    st.text(alphabet=st.characters(), max_size=600)
    | st.text(st.sampled_from("Mozilaperw/(;) .0123456789Androi_-"), max_size=600)
)
@example("\ud800" * 300)
def test_no_user_agent_raises_or_gives_what_no_event_may_hold(user_agent):
    facts = make_facts(headers={"user-agent": user_agent})
    for macro in [*SOFTWARE, "user_agent", "user_hash"]:
        value = macro_value(macro, "STRING")(facts, EVENT_ID)
        assert value is None or (value and len(value.encode()) <= MAX_STRING_BYTES)


@pytest.mark.parametrize(
    ("query", "headers", "url"),
    [
        ({"url": "https://a.example/x?y=1#z"}, {}, "https://a.example/x?y=1#z"),
        ({"url": " https://a.example/ "}, {}, "https://a.example/"),
        ({"url": "https://a.example/"}, {"referer": "https://b.example/"}, "https://a.example/"),
        ({}, {"referer": "https://b.example/"}, "https://b.example/"),
        ({"url": ""}, {"referer": "https://b.example/"}, "https://b.example/"),
        ({"url": "not a url"}, {"referer": "https://b.example/"}, "https://b.example/"),
        ({"url": "HTTPS://A.example"}, {}, "HTTPS://A.example"),
        ({"url": "file:///home/x.html"}, {}, "file:///home/x.html"),
        ({"url": "android-app://com.example.shop/"}, {}, "android-app://com.example.shop/"),
        ({"url": "not a url"}, {}, None),
        ({"url": "/pricing"}, {}, None),
        ({"url": "//a.example/"}, {}, None),
        ({"url": "https://"}, {}, None),
        ({"url": "https:///x"}, {}, None),
        ({"url": "https://[::1/"}, {}, None),
        ({"url": "https://a.example:port/"}, {}, None),
        ({"url": "https://a.example:99999/"}, {}, None),
        ({"url": "https://a b.example/"}, {}, None),
        ({"url": "https://a..example/"}, {}, None),
        ({"url": f"https://{'a.' * 127}example/"}, {}, None),
        ({}, {}, None),
    ],
)
def test_the_page_is_the_first_url_of_query_and_referer(query, headers, url):
    assert value_of("page_url", query=query, headers=headers) == url
    if url is None:
        assert value_of("page_domain", query=query, headers=headers) is None


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.shop.example.com/x", "example.com"),
        ("https://WWW.Shop.Example.COM:8443/x", "example.com"),
        ("https://user:pass@www.example.co.uk/", "example.co.uk"),
        ("https://www.example.com./", "example.com"),
        ("https://me.github.io/", "me.github.io"),
        ("https://a.b.city.kawasaki.jp/", "city.kawasaki.jp"),
        ("https://www.unlisted.intranet/", "unlisted.intranet"),
        ("https://www.xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://www.bücher.example/", "bücher.example"),
        ("https://www.xn--85x722f.xn--55qx5d.cn/", "xn--85x722f.xn--55qx5d.cn"),
        ("https://github.io/", "github.io"),
        ("http://localhost:3000/", "localhost"),
        ("http://192.168.1.20:8080/", "192.168.1.20"),
        ("http://[2001:DB8::1]:8080/", "2001:db8::1"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("file:///home/x.html", None),
        ("about:blank", None),
    ],
)
def test_a_pages_domain_is_the_registrable_one_or_the_host_itself(url, domain):
    assert value_of("page_domain", query={"url": url}) == domain
    assert value_of("referrer_domain", query={"referrer": url}) == domain


def test_the_referrer_comes_from_the_query_alone():
    assert value_of("referrer_url", query={"referrer": "https://r.example/"}) == "https://r.example/"
    assert value_of("referrer_url", headers={"referer": "https://p.example/"}) is None
    assert value_of("referrer_domain", headers={"referer": "https://p.example/"}) is None
    assert value_of("referrer_url", query={"referrer": "no url"}) is None


@pytest.mark.parametrize(
    ("query", "headers", "value"),
    [
        ({"utm_source": "own"}, {}, "own"),
        ({"utm_source": "own", "url": "https://a.example/?utm_source=page"}, {}, "own"),
        ({"utm_source": "", "url": "https://a.example/?utm_source=page"}, {}, "page"),
        ({"url": "https://a.example/?utm_source=one&utm_source=two+%C3%BC"}, {}, "two ü"),
        ({}, {"referer": "https://a.example/?utm_source=page#x"}, "page"),
        ({}, {"referer": "https://a.example/?utm_source="}, None),
        ({"referrer": "https://a.example/?utm_source=page"}, {}, None),
        ({"url": "no url?utm_source=page"}, {}, None),
        ({}, {}, None),
    ],
)
def test_campaigns_come_from_the_requests_query_else_from_the_pages(query, headers, value):
    assert value_of("utm_source", query=query, headers=headers) == value


@pytest.mark.parametrize("name", ["utm_medium", "utm_campaign", "utm_term", "utm_content"])
def test_each_campaign_parameter_has_its_own_name(name):
    assert value_of(name, query={name: "x", "utm_source": "y"}) == "x"
    assert value_of(name, query={"url": f"https://a.example/?{name}=x&utm_source=y"}) == "x"


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ({"sw": "1920", "sh": "1080"}, "1920x1080"),
        ({"sw": "1920"}, None),
        ({"sh": "1080"}, None),
        ({"sw": "", "sh": "1080"}, None),
        ({"sw": "1365.3334", "sh": "800"}, "1365x800"),
        ({"sw": "1365.9", "sh": "799.99"}, "1365x799"),
        ({"sw": "1365.", "sh": "800"}, None),
        ({"sw": ".5", "sh": "800"}, None),
        ({"sw": "1e3", "sh": "800"}, None),
        ({"sw": "1.2.3", "sh": "800"}, None),
        ({"sw": "-1", "sh": "1080"}, None),
        ({"sw": "1920 ", "sh": "1080"}, None),
        ({"sw": "١٩٢٠", "sh": "1080"}, None),
        ({"sw": "²", "sh": "1080"}, None),
        ({}, None),
    ],
)
def test_a_screen_has_two_sizes_in_whole_pixels_or_none(query, size):
    assert value_of("screen_size", query=query) == size


@pytest.mark.parametrize(
    ("macro", "parts"),
    [
        ("user_agent", lambda text: {"headers": {"user-agent": text}}),
        ("user_country_code", lambda text: {"headers": {"cloudfront-viewer-country": text}}),
        ("user_region", lambda text: {"headers": {"cloudfront-viewer-country-region": text}}),
        ("user_city", lambda text: {"headers": {"cloudfront-viewer-city": text}}),
        ("user_ip", lambda text: {"source_ip": text}),
        ("page_url", lambda text: {"query": {"url": f"https://a.example/{text}"}}),
        ("page_domain", lambda text: {"query": {"url": f"https://{text}.example/"}}),
        ("referrer_url", lambda text: {"query": {"referrer": f"https://a.example/{text}"}}),
        ("utm_term", lambda text: {"query": {"utm_term": text}}),
        ("utm_source", lambda text: {"query": {"url": f"https://a.example/?utm_source={text}"}}),
        ("screen_size", lambda text: {"query": {"sw": text, "sh": "1" * 40_000}}),
        *[
            (macro, lambda text: {"headers": {"user-agent": f"Mozilla/5.0 (Linux; Android 9; {text})"}})
            for macro in SOFTWARE
        ],
    ],
)
@pytest.mark.parametrize("text", ["1" * 40_000, "ü" * 40_000, "1🌍" * 40_000, "\ud83c\udf0d" * 9, "\udcff", "\ud800x"])
def test_every_text_is_unicode_and_at_most_32_000_bytes(macro, parts, text):
    value = value_of(macro, **parts(text))
    assert value is None or len(value.encode()) <= MAX_STRING_BYTES


@given(st.text(alphabet=st.characters()), st.integers(0, 8))
@example("", 0)
def test_a_text_is_cut_only_where_it_must_and_between_characters(text, over):
    long = "x" * (MAX_STRING_BYTES - over) + text
    kept = bounded_text(long)
    assert len(kept.encode()) <= MAX_STRING_BYTES
    whole = long.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert whole.startswith(kept)
    if kept != whole:
        assert len((kept + whole[len(kept)]).encode()) > MAX_STRING_BYTES


def test_an_ordinary_text_is_not_copied():
    text = "an ordinary text"
    assert bounded_text(text) is text


def test_what_is_derived_is_worked_out_once_for_all_events_of_a_request():
    facts = make_facts(query={"url": "https://www.example.com/?utm_source=x", "referrer": "https://r.example/"})
    assert facts.page is facts.page
    assert facts.referrer is facts.referrer
    assert facts.page_parameters is facts.page_parameters
    assert facts.user_hash is facts.user_hash
    facts = make_facts()
    assert (facts.page, facts.page, facts.referrer, facts.referrer) == (None, None, None, None)


LOADED_BY = {
    "user_agent": set(),
    "page_url": set(),
    "utm_source": set(),
    "user_hash": set(),
    "browser_name": {"ua_parser", "ua_parser_builtins"},
    "os_version": {"ua_parser", "ua_parser_builtins"},
    "device_model": {"ua_parser", "ua_parser_builtins"},
    "page_domain": {"publicsuffixlist"},
    "referrer_domain": {"publicsuffixlist"},
}


@pytest.mark.parametrize("macro", LOADED_BY)
def test_rules_are_loaded_by_the_revisions_that_need_them_and_before_the_first_event(macro):
    program = (
        "import sys\n"
        "from domain.completion.macros import macro_value\n"
        "heavy = {'ua_parser', 'ua_parser_builtins', 'publicsuffixlist'}\n"
        "assert not heavy & set(sys.modules), 'loaded by the import'\n"
        f"macro_value({macro!r}, 'STRING')\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )
    assert done.stderr == ""
    assert done.stdout.strip() == str(sorted(LOADED_BY[macro]))


def test_one_plan_serves_several_threads():
    make = macro_value("browser_name", "STRING")
    found = []

    def run():
        found.extend(make(make_facts(headers={"user-agent": IPHONE}), EVENT_ID) for _ in range(50))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Mobile Safari"] * 200
