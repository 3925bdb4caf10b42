import pytest
import re2
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, core_schema

from domain.language.regex_check import check_regex, matches
from domain.validation.regex import rust_pattern
from tests.processor import cpu_time

QUIET = re2.Options()
QUIET.log_errors = False


def compiled(pattern):
    return SchemaValidator(core_schema.str_schema(pattern=rust_pattern(pattern), strict=True))


PIECES = st.sampled_from(
    [
        *"abkKsS09_-^$.|()[]{}*+?#& \n\t\v\\éßſα😀\u212a",
        *["(?:", "(?i)", "(?s)", "(?m)", "(?U)", "(?i:", "(?-i)", "(?i-s:", "(?P<n>", "(?<n>", "(?i)*"],
        *["{2}", "{1,2}", "{,2}", "{0}", "{01}", "*?", "+?", "||", "()"],
        *["[^", "[]", "[^]", "--", "&&", "~~", "a-z", "!-~", "[--a]", "[a&&b]", "[[a]", "[+--]", "[a-]", "[^^]"],
        *[r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\b", r"\B", r"\A", r"\z"],
        *[r"\pL", r"\p{Lu}", r"\P{Lu}", r"\p{^Greek}", r"\p{Greek}", r"\PN", r"\pC", r"\p{Any}"],
        *["[:alpha:]", "[[:alpha:]]", "[[:^space:]]", "[:foo", "[[:word:]-]", "[[:ascii:]]"],
        *[
            r"\Q",
            r"\E",
            r"\Qa.b*\E",
            r"\n",
            r"\v",
            r"\a",
            r"\x41",
            r"\x{212A}",
            r"\012",
            r"\0",
            r"\18",
            r"\-",
            r"\]",
            r"\_",
        ],
    ]
)
PATTERNS = st.lists(PIECES, max_size=8).map("".join)
TEXTS = st.text(
    st.sampled_from("abkKsS029_-&~# \n\t\v\f\aAZ[]:^$.{},\\!()/|?éÉßẞſαΩ😀\x00\u00a0\u212a\u0345"), max_size=4
)


@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=12))
def test_whatever_re2_accepts_matches_the_same_strings_translated(pattern, texts):
    try:
        oracle = re2.compile(pattern, QUIET)
    except re2.error:
        assume(False)
    validator = compiled(pattern)
    for text in texts:
        assert validator.isinstance_python(text) == (oracle.fullmatch(text) is not None), text


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^foo|bla$", ["foo", "bla"], ["ffoo", "foox", "xbla", "foobla", "foo\n"]),
        ("a|ab", ["a", "ab"], ["b", "aba"]),
        ("", [""], ["a", "\n"]),
        (r"\w", ["a", "_"], ["é", "٣", "ª"]),
        (r"\W", ["é", "-"], ["a"]),
        (r"\d", ["3"], ["٣"]),
        (r"\s", [" ", "\t", "\f"], ["\v", "\u00a0", "\u2003"]),
        (r"\S", ["\v", "é"], [" "]),
        (r"[\w-]+", ["a-b"], ["é"]),
        (r"[^\s\d]", ["\v", "é"], [" ", "1"]),
        (r"é\b.*", [], ["é", "é!"]),
        (r"é\ba", ["éa"], []),
        (r"é\B!", ["é!"], []),
        (".", ["é", "\r", "\u2028"], ["\n", ""]),
        ("(?s).", ["\n"], [""]),
        ("a$\nb", [], ["a\nb"]),
        ("(?m)a$\n^b", ["a\nb"], ["ab"]),
        ("(?U)a+", ["aa"], [""]),
        ("(?i)k", ["k", "K", "\u212a"], ["x"]),
        ("(?i)[^k]", ["x"], ["K", "\u212a"]),
        (r"(?i)\w", ["\u017f"], ["é"]),
        ("(?i)Ⓐ", ["ⓐ"], ["a"]),
        ("a(?i)b|c", ["aB", "C"], ["Ab"]),
        ("(?:(?i)a)b", ["Ab"], ["AB"]),
        ("a(?i)*", ["aa"], ["A"]),
        ("[--a]", ["-", "A", "a"], [",", "b"]),
        ("[a&&b]", ["a", "&", "b"], ["c"]),
        ("[a~~b]", ["~"], ["c"]),
        ("[[a]", ["[", "a"], ["]"]),
        ("[]a]", ["]", "a"], ["["]),
        ("[^]a]", ["["], ["]", "a"]),
        ("[a-]", ["a", "-"], ["b"]),
        (r"[\d-z]", ["5", "-", "z"], ["y"]),
        ("[[:alpha:][:digit:]]", ["a", "5"], ["é", ":"]),
        ("[[:^alpha:]]", ["é", "1"], ["a"]),
        ("[[:space:]]", ["\v"], ["\u00a0"]),
        ("[[:]", ["[", ":"], ["]"]),
        ("[:alpha:]", ["a", "l", ":"], ["b"]),
        ("a{,2}", ["a{,2}"], ["", "a", "aa"]),
        ("a{01}", ["a{01}"], ["a"]),
        ("x{", ["x{"], ["x"]),
        ("}", ["}"], [""]),
        ("a{2}", ["aa"], ["a", "aaa"]),
        ("a{2,}", ["aaa"], ["a"]),
        ("a #b", ["a #b"], ["a"]),
        (r"\Qa.b\*\E+", [r"a.b\*", r"a.b\**"], ["axb"]),
        (r"\Qa", ["a"], []),
        (r"\101\0\x41\x{1F600}", ["A\0A😀"], []),
        (r"\a\f\v\t\r\n", ["\a\f\v\t\r\n"], []),
        (r"\-\_\ \/", ["-_ /"], []),
        (r"\p{Greek}\pN\P{L}", ["Ω५!"], ["a1!", "Ω1a"]),
        (r"\p{^Lu}", ["a"], ["A"]),
        (r"\pC", ["\x00", "\ue000"], ["a", "\U000e0080"]),
        (r"[\p{Lu}\d_]+", ["É1_"], ["é"]),
        (r"(?P<x>a)(?<y>b)", ["ab"], []),
        (r"[^\x00-\x{10FFFF}]", [], ["a", ""]),
        (r"\z\A^$", [""], ["a"]),
        ("(^a|b$)*", ["a", "b", ""], ["aa"]),
    ],
)
def test_a_dark_corner_means_what_it_means_in_re2(pattern, good, bad):
    validator = compiled(pattern)
    check_regex(pattern)
    for text in good:
        assert (validator.isinstance_python(text), matches(pattern, text)) == (True, True), text
    for text in bad:
        assert (validator.isinstance_python(text), matches(pattern, text)) == (False, False), text


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)*", "(a*)*b", "(.*a){20}.{500}x", "(a?){500}a{500}"])
def test_no_pattern_takes_longer_than_a_string_is_long(pattern):
    validator = compiled(pattern)
    text = "a" * 31_999 + "!"
    with cpu_time() as spent:
        assert not validator.isinstance_python(text)
    assert spent.seconds < 2


@pytest.mark.parametrize("pattern", [r"^\w{1,64}$", r"^\w{1,255}$", r"^\S{1,1000}$", r"[\w.+-]{1,64}@[\w.-]{1,255}"])
def test_long_repetitions_of_words_compile_because_words_are_ascii(pattern):
    compiled(pattern)  # with Unicode's words, 255 are past the engine's size limit
    assert "\\w" not in rust_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "remedy"),
    [
        ("(?=a)", "look-ahead"),
        ("(?!a)", "look-ahead"),
        ("(?<=a)", "look-behind"),
        ("(?<!a)", "look-behind"),
        ("(?>a)", "atomic"),
        ("(?#a)", "comments"),
        ("(?(1)a|b)", "conditions"),
        ("(?P>a)", "recursion"),
        ("(?x)a", "(?i)"),
        ("(?i-)a", "(?i)"),
        (r"(a)\1", "back-references"),
        (r"(?P<n>a)\k<n>", "back-references"),
        (r"(?P<n>a)(?P=n)", "back-references"),
        ("a++", "possessive"),
        ("a**", "put the first in a group"),
        ("a{2}{3}", "put the first in a group"),
        ("*a", "nothing to repeat"),
        ("a|+", "nothing to repeat"),
        ("(?i)?", "nothing to repeat"),
        ("a{1001}", "max_length"),
        ("a{2,1}", "upper bound"),
        ("(a", "not closed"),
        ("a)", "not opened"),
        ("[a", "not closed"),
        ("[b-a]", "turn it round"),
        ("[[:foo:]]", "posix"),
        (r"\p{Foo}", "unicode class"),
        (r"\p{greek}", "unicode class"),
        (r"\p{Lu", "not closed"),
        ("a\\", "backslash"),
        (r"\y", "backslash"),
        (r"\é", "backslash"),
        (r"\Z", "the end needs no mark"),
        (r"\u00e9", r"\x{"),
        (r"\C", "single byte"),
        (r"a\E", r"\q"),
        (r"[a-\d]", "backslash"),
        (r"\x{110000}", "10ffff"),
        (r"\x{D800}", "surrogate"),
        ("[\\x{D800}-\\x{DFFF}]", "surrogate"),
        ("\ud800", "surrogate"),
        ("a" * 1001, "1,000"),
        ("(a{100}){100}", "too big"),
        (r"(\pL|\pN){1,255}", "too big"),
        ("(" * 300 + "a" + ")" * 300, "nested"),
    ],
)
def test_a_pattern_that_cannot_be_run_is_refused_with_a_remedy(pattern, remedy):
    with pytest.raises(ValueError) as caught:
        check_regex(pattern)
    assert remedy in str(caught.value).lower()
    assert str(caught.value).endswith(".")


@settings(max_examples=500, deadline=None)
@given(PATTERNS)
def test_what_the_check_accepts_re2_accepts_and_ingest_compiles(pattern):
    try:
        check_regex(pattern)
    except ValueError as refusal:
        assert str(refusal).endswith(".")  # noqa: PT017
        return
    re2.compile(pattern, QUIET)
    compiled(pattern)


def test_a_pattern_of_1000_characters_can_be_saved():
    check_regex("a" * 1_000)
