"""The hash that stands for a protected value is the HMAC-SHA-256 that everybody else computes."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from domain.completion.keyed_hash import keyed_hash


@given(key=st.binary(max_size=64), texts=st.lists(st.text(), min_size=1, max_size=5))
def test_each_text_has_the_hash_of_the_standard_library(key, texts):
    hash_of = keyed_hash(key)
    assert [hash_of(text) for text in texts] == [hmac.new(key, text.encode(), "sha256").hexdigest() for text in texts]
