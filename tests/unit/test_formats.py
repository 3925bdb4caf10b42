"""The rule `format`: what each of its words accepts and refuses."""

import re
from itertools import chain

import pytest
import re2

from domain.validation.formats import FORMAT_CHECKS, FORMAT_PATTERNS, FORMAT_REGEXES, format_check
from schemas.data_types import StringFormat
from tests.processor import cpu_time

LABEL = "a" * 63
LONG_HOSTNAME = f"{LABEL}.{LABEL}.{LABEL}.{'a' * 61}"  # 253 characters

ACCEPTED = {
    "email": [
        *("joe.bloggs@example.com", "te~st@example.com", "~test~@example.com", "te.s.t@example.com", "a@b", "test@io"),
        *('"joe bloggs"@example.com', '"joe..bloggs"@example.com', '"joe@bloggs"@example.com', '""@iana.org'),
        *(r'"\a"@iana.org', r'"\""@iana.org', "joe@[127.0.0.1]", "joe@[IPv6:::1]", "joe@[ipv6:::1]", "test@c--n.com"),
        f"{'a' * 242}@example.com"[-254:],
    ],
    "uri": [
        *("http://foo.bar/?baz=qux#quux", "http://foo.bar:80/?q=Test%20URL-encoded%20stuff", "mailto:a@b.example"),
        *("http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com", "ldap://[2001:db8::7]/c=GB?objectClass?one"),
        *("urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "tel:+1-816-555-1212", "file:///etc/hosts", "a:"),
        *("http://[v1.a:b]/", "x:/", "x:/a//b"),
    ],
    "uri_reference": ["", "/abc", "abc", "//foo.bar/?baz=qux#quux", "#fragment", "?a=b", "./a:b", "http://foo.bar/"],
    "uuid": [
        "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
        "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
        f"{0:08}-0000-0000-0000-{0:012}",
    ],
    "ipv4": ["192.168.0.1", "0.0.0.0", "255.255.255.255", "87.10.0.1"],
    "ipv6": [
        *("::", "::1", "1::", "::abef", "d6::", "1:2::8", "1:d6::42", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::"),
        *("::2:3:4:5:6:7:8", "1::4:5:6:7:8", "::192.168.0.1", "1:2::192.168.0.1", "1:2:3:4:5:6:1.2.3.4"),
        *("1:2:3:4:5::1.2.3.4", "::1:2:3:4:5:1.2.3.4", "2001:DB8::ff00:42:8329"),
    ],
    "hostname": ["www.example.com", "localhost", "xn--4gbwdl.xn--wgbh1c", "1.example", f"{LABEL}.com", LONG_HOSTNAME],
    "date": ["1963-06-19", "2020-02-29", "2000-02-29", "0001-01-01", "9999-12-31"],
    "time": [
        *("08:30:06Z", "08:30:06z", "23:20:50.52Z", "08:30:06.283185+00:20", "08:30:06-08:00", "00:00:00+23:59"),
        *("23:59:60Z", "23:59:60.5+00:00", "01:29:60+01:30", "23:29:60+23:30", "15:59:60-08:00", "00:29:60-23:30"),
    ],
    "date_time": [
        *("1963-06-19T08:30:06.283185Z", "1963-06-19t08:30:06z", "1937-01-01T12:00:27.87+00:20"),
        *("1998-12-31T23:59:60Z", "1998-12-31T15:59:60.123-08:00", "1990-12-31T15:59:50.123-08:00"),
    ],
    "json_pointer": ["", "/", "/foo/bar~0/baz~1/%a", "/foo//bar/", "/a b", "/0/-", '/k"l', "/日本", "/ /\n"],
    "country_code": ["DE", "US", "XK", "ZW"],
    "currency_code": ["EUR", "USD", "XXX", "HRK"],
    "language_tag": [
        *("de", "de-DE", "zh-Hans-CN", "sr-Latn-RS", "sl-rozaj-biske-1994", "de-1901", "es-419", "EN-us", "x-whatever"),
        *("zh-cmn-Hans-CN", "en-a-bbb-x-a-ccc", "hy-Latn-IT-arevela", "de-CH-x-phonebk", "i-klingon", "I-Default"),
    ],
}
REFUSED = {
    "email": [
        *("2962", "", "@example.com", "joe@", ".test@example.com", "test.@example.com", "te..st@example.com"),
        *("a@b@c.org", "a@iana.org\r"),
        *("joe@invalid=domain.com", "joe@[127.0.0.300]", "joe@[]", "joe@[1.2.3]", "joe@a[1.2.3.4]", "a b@example.com"),
        *("a\u00e9@iana.org", "a@\u00e9.org", "test@iana.org\n", " a@iana.org", '"test@iana.org', "test@-iana.org"),
        *("test@iana.org.", "test@iana..com", "test(comment)@iana.org", f"{'a' * 243}@example.com"),
    ],
    "uri": [
        *("//foo.bar/?baz", "/abc", "abc", "", "\\\\WINDOWS\\fileshare", "http:// shouldfail.com", ":// should fail"),
        *("bar,baz:foo", "http://a/%2", "http://a/%gg", "http://\u00e9/", "http://[::1", "http://a:b/", "a:[b]"),
        *("http://a/<b>", 'http://a/"', "http://a/{b}", "http://a/b|c", "http://a/^", "http://a/`", "http://a#b#c"),
    ],
    "uri_reference": ["\\\\WINDOWS\\fileshare", "#frag\\ment", "a b", "1:b", "%", "a#b#c", "\u00e9"],
    "uuid": [
        *("2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-73b441d16380", "2eb8aa08aa9811eab4aa73b441d16380"),
        *("2eb8aa08-aa98-11ea-b4ga-73b441d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}", ""),
    ],
    "ipv4": ["127.0.0.0.1", "256.256.256.256", "127.0", "0x7f000001", "087.10.0.1", "1\u09e87.0.0.1", "1.2.3.4/24"],
    "ipv6": [
        *("12345::", "::abcef", "1:1:1:1:1:1:1:1:1", ":2:3:4:5:6:7:8", "1:2:3:4:5:6:7:", ":2:3:4::8", "1::d6::42"),
        *("1::2:192.168.256.1", "1::2:192.168.ff.1", "::2:::1", "1:2:3:4:5:::8", "1:2:3:4:5:6:7", "1", "", "127.0.0.1"),
        *("1:2:3:4:1.2.3", "  ::1", "::1  ", "fe80::/64", "fe80::a%eth1", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8"),
        *("1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "::1:2:3:4:5:6:1.2.3.4", "1.2.3.4::"),
    ],
    "hostname": [
        *("", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b", "\u00e9.com", "a b"),
        *(f"{LABEL}a.com", f"{LONG_HOSTNAME}a"),
    ],
    "date": [
        *("2020-01-32", "2021-02-29", "1900-02-29", "2020-04-31", "2020-13-01", "0000-01-01", "06/19/1963", "2013-350"),
        *("1998-1-20", "1998-01-01\n", "20230328", "2023-W13-2", "1963-06-1\u09ea", ""),
    ],
    "time": [
        *("08:30:06", "24:00:00Z", "00:60:00Z", "00:00:61Z", "22:59:60Z", "23:58:60Z", "23:59:60+01:00"),
        *("8:30:06Z", "08:30:06.Z", "08:30:06+24:00", "08:30:06+0100", "08:30:06 PST", "01:02:03Z+00:30"),
        *("12:00:00\u09e8Z", "23:59:60-01:00"),
    ],
    "date_time": [
        *("1963-06-19T08:30:06", "1963-06-19 08:30:06Z", "1990-02-31T15:59:59.123-08:00", "1998-12-31T23:58:60Z"),
        *("1998-12-31T23:59:61Z", "1990-12-31T15:59:59-24:00", "06/19/1963 08:30:06 PST", "2013-350T01:01:01Z", ""),
    ],
    "json_pointer": ["/foo/bar~", "/~0~", "a", "#", "#/", "#a", "0", "/~2", "/~-1"],
    "country_code": ["de", "DEU", "XX", "UK", "D", "", "DE\n"],
    "currency_code": ["eur", "EU", "ABC", "", "EURO"],
    "language_tag": ["", "d", "de_DE", "de-", "deutschland", "x", "de-a", "-de", "a-DE", "abc-x"],
}  # fmt: skip


def test_each_format_has_cases() -> None:
    assert set(ACCEPTED) == set(REFUSED) == set(FORMAT_PATTERNS) == set(FORMAT_REGEXES) == set(StringFormat)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in ACCEPTED.items() for text in texts])
def test_a_format_accepts_what_its_standard_has(name: str, text: str) -> None:
    assert format_check(name)(text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in REFUSED.items() for text in texts])
def test_a_format_refuses_everything_else(name: str, text: str) -> None:
    assert not format_check(name)(text)


@pytest.mark.parametrize("name", StringFormat)
def test_three_engines_read_a_format_alike(name: StringFormat) -> None:
    by_re2 = re2.compile(FORMAT_REGEXES[name])
    by_python = re.compile(FORMAT_REGEXES[name])
    check = FORMAT_CHECKS.get(name, lambda _: True)

    for text in chain(*ACCEPTED.values(), *REFUSED.values()):
        expected = format_check(name)(text)
        assert (by_re2.fullmatch(text) is not None and check(text)) == expected, text
        assert (by_python.fullmatch(text) is not None and check(text)) == expected, text


@pytest.mark.parametrize("name", StringFormat)
@pytest.mark.parametrize("piece", ["a", "a.", "a-", "1:", "1.", "/", "%20", "a@", '"\\', "-aaaaa", "~0", "[", "0"])
def test_a_text_of_a_million_characters_takes_no_longer_than_its_length_asks_for(
    name: StringFormat, piece: str
) -> None:
    check = format_check(name)
    text = piece * (1_000_000 // len(piece)) + "\n"

    with cpu_time() as spent:
        check(text)

    assert spent.seconds < 2.0
