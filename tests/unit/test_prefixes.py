"""Prefix expressions as Firehose expands them."""

import pytest

from adapters.files.prefixes import Prefix
from domain.errors import Misconfigured

# 2026-02-03T04:05:06.999999999Z
TIME_NS = 1_770_091_506_999_999_999


@pytest.mark.parametrize(
    ("prefix", "expanded"),
    [
        (
            "environment=env_0x/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
            "environment=env_0x/dt=2026-02-03/hour=04/",
        ),
        ("!{timestamp:yyyy'-'MM'-'dd}", "2026-02-03"),
        ("!{timestamp:yy/M/d/H/m/s}", "26/2/3/4/5/6"),
        ("!{timestamp:uuuu_MM_dd HH:mm:ss}", "2026_02_03 04:05:06"),
        ("!{timestamp:yyyyMMddHHmmss}/", "20260203040506/"),
        ("!{timestamp:'year='yyyy}/", "year=2026/"),
        ("!{timestamp:yyyy''MM}", "2026'02"),
        ("!{timestamp:'it''s 'yyyy}", "it's 2026"),
        ("a/!{timestamp:dd}/!{firehose:random-string}/", "a/03/r4nd0m/"),
        ("", "2026/02/03/04/"),
        ("events/", "events/2026/02/03/04/"),
        ("events/!{firehose:random-string}/", "events/r4nd0m/2026/02/03/04/"),
        ("50%{0}/{}!/!{timestamp:dd}", "50%{0}/{}!/03"),
    ],
)
def test_a_prefix_is_expanded_with_the_time_in_utc(prefix, expanded):
    assert Prefix(prefix).expand(TIME_NS, "r4nd0m") == expanded


@pytest.mark.parametrize(
    ("prefix", "named"),
    [
        ("!{firehose:error-output-type}/", "error-output-type"),
        ("!{partitionKeyFromQuery:id}/", "partitionKeyFromQuery"),
        ("!{timestamp:YYYY}/", "YYYY"),
        ("!{timestamp:yyy}/", "yyy"),
        ("!{timestamp:MMM}/", "MMM"),
        ("!{timestamp:hh}/", "hh"),
        ("!{timestamp:yyyyMMddT}/", "T"),
        ("!{timestamp:yyyy'MM}/", "quote"),
        ("!{timestamp:[yyyy]}/", "reserved"),
        ("!{timestamp:yyyy", "not closed"),
        ("!{timestamp}/", "not closed"),
    ],
)
def test_an_expression_that_is_not_understood_is_named_at_once(prefix, named):
    with pytest.raises(Misconfigured, match=named):
        Prefix(prefix)
