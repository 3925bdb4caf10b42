"""A call of Segment that has a member of its own becomes the event that it would be without."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from tests.translated import translated_whole

TIMES = st.sampled_from(
    [
        b"null",
        b'"2026-11-28T13:46:45.131Z"',
        b'"2026-11-28T13:46:45Z"',
        b'"2026-11-28T13:46:45.123456789+02:00"',
        b'"2026-11-28T13:46:45.131"',
        b'"yesterday"',
        b"1795873605131",
        b'{"a":1}',
    ]
)
IDS = st.sampled_from([b"null", b'"u"', b'""', b'"\\u00e9"'])
MEMBERS = {
    b"timestamp": TIMES,
    b"originalTimestamp": TIMES,
    b"sentAt": TIMES,
    b"userId": IDS,
    b"messageId": IDS,
    b"type": st.sampled_from([b"null", b'"page"']),
    b"context": st.sampled_from([b"null", b"7", b'{"ip":"192.0.2.7"}', b'{ "a" : [1.50] }']),
    b"integrations": st.just(b"{}"),
    b"_metadata": st.just(b"7"),
    b"writeKey": st.sampled_from([b'"wk"', b"7"]),
}
CALLS = st.fixed_dictionaries({}, optional=MEMBERS).map(
    lambda call: b",".join(b'"%b":%b' % (name, value) for name, value in call.items())
)


@given(CALLS, TIMES, MEMBERS[b"context"])
@pytest.mark.parametrize("is_batch", [True, False])
def test_a_further_member_changes_nothing_else(is_batch, call, sent_at, context):
    made, keys = [], []
    for text in (b"{%b}" % call, b'{%b"own":1}' % (call + b"," if call else b"")):
        body = b'{"sentAt":%b,"context":%b,"batch":[%b]}' % (sent_at, context, text) if is_batch else text
        whole = translated_whole("/v1/batch" if is_batch else "/v1/track", body)
        made += whole.events
        keys.append(list(whole.keys))
    usual, odd = made
    assert {**orjson.loads(usual.text), "own": 1} == orjson.loads(odd.text)
    assert usual.sender_id == odd.sender_id
    assert keys[0] == keys[1]


@given(CALLS, TIMES, TIMES)
def test_when_a_call_is_sent_changes_nothing_of_its_content(call, sent_at, again):
    for text in (b"{%b}" % call, b'{"own":1,%b}' % call if call else b"{}"):
        first, second = (
            translated_whole("/v1/batch", b'{"sentAt":%b,"batch":[%b]}' % (when, text)).events[0]
            for when in (sent_at, again)
        )
        assert first.of_sender == second.of_sender
        assert first.text.startswith(first.of_sender)


def test_calls_of_every_kind_keep_their_order():
    calls = [b'{"messageId":"1"}', b"7", b'{"messageId":2,"own":1}', b'{"messageId":"\\ud800"}', b'{"messageId":"5"}']
    events = translated_whole("/v1/batch", b'{"batch":[%b]}' % b",".join(calls)).events
    assert [event.sender_id for event in events] == ["1", None, None, "\ud800", "5"]
    assert [orjson.loads(event.text) for event in events[:3]] == [{"messageId": "1"}, 7, {"messageId": "2", "own": 1}]


@pytest.mark.parametrize("members", ["", ',"own":1'])
def test_a_long_id_is_not_held_as_a_text_which_an_emoji_makes_four_times_as_large(members):
    own_id = "a" * 1_000 + "😀"
    (event,) = translated_whole("/v1/track", f'{{"messageId":"{own_id}"{members}}}'.encode()).events
    assert not isinstance(event.own_id, str)
    assert event.sender_id == own_id


@pytest.mark.parametrize("said", [b'"sentAt":{"a":"%b"}', b'"sentAt":"%b"', b'"context":{"a":"%b"}'])
def test_what_a_batch_says_of_all_calls_is_bounded_together(said):
    with pytest.raises(Rejected, match="larger"):
        translated_whole("/v1/batch", b'{%b,"batch":[%b]}' % (said % (b"x" * 40_000), b",".join([b"{}"] * 1_000)))
