"""The sentence that a trial comes to."""

import pytest

from ingestctl.trials import sentence_of, unseen_of


def trial(looked_at, invalid=0, newly_invalid=0, newly_accepted=0, groups=()):
    return {
        "looked_at": looked_at,
        "invalid": invalid,
        "newly_invalid": newly_invalid,
        "newly_accepted": newly_accepted,
        "unseen": ["dropped_keys", "of a later version"],
        "groups": [
            {"code": code, "pointer": pointer, "event_name": name, "count": count, "was": was}
            for code, pointer, name, count, was in groups
        ],
    }


AGES = [
    ("type_int", "/user/age", "a", 700, "accepted"),
    ("required", "/id", None, 800, "accepted"),
    ("type_int", "/user/age", "b", 467, "accepted"),
    ("not_json", "", None, 5_000, "invalid"),
]
KEPT = "events that are accepted now would be rejected"
DEEP = [("depth", "", None, 1, "accepted")]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (trial(0), "There was no event to look at."),
        (trial(1), "None of 1 event that is accepted now would be rejected."),
        (
            trial(7, newly_accepted=2),
            f"None of 5 {KEPT}; 2 of those that are rejected now would be accepted.",
        ),
        (
            trial(55_000, 6_190, 1_190, groups=AGES),
            f"1,190 of 50,000 {KEPT}, 98 % because /user/age is not a whole number.",
        ),
        (
            trial(3, 1, 1, groups=DEEP),
            f"1 of 3 {KEPT}, 100 % because the event has the fault depth.",
        ),
        (trial(3, 1, 1), "1 of 3 events that are accepted now would be rejected."),
        (
            trial(4, 3, newly_accepted=1),
            "None of 4 events is accepted now; 1 of those that are rejected now would be accepted.",
        ),
    ],
)
def test_a_trial_is_told_in_one_sentence(found, sentence):
    assert sentence_of(found) == sentence


def test_what_can_not_be_known_is_said():
    assert len(unseen_of(trial(1))) == 1
