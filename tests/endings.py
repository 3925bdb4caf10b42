"""Worlds in which a request of a protocol ends in each way that the table of answers knows."""

from collections.abc import Callable

from tests.ingest_world import THROTTLED, Answer, World, refusing

NEVER_THERE = [{"key": "never_there", "type": "STRING", "presence": "required"}]
ENDINGS = ("accepted", "quarantined", "rejected", "rate_limited", "plan_exhausted", "undeliverable")
REFUSALS = ("bad_key", "origin_not_allowed", "deleted", "unknown_environment")
OUTCOME = {"rejected": "invalid_event"}
"""What `X-Ingest-Outcome` says where that is not the ending's name."""
_MOST_TRIES = 50


def ended(ending: str, send: Callable[[World, str], Answer]) -> tuple[World, Answer]:
    """Send a request to an environment where it ends so, as `X-Ingest-Outcome` has it; return the last answer.

    `send` takes the world and an environment's id. For an origin that is not allowed it has to send one.
    """
    world = World()
    if ending == "unknown_environment":
        return world, send(world, "env_00000000000000000000000009")
    fields = NEVER_THERE if ending in {"quarantined", "rejected"} else []
    environment_id = world.add_environment(
        fields, "keep", on_invalid="reject" if ending == "rejected" else "quarantine"
    )
    if ending == "rate_limited":
        world.change(environment_id, rate_limit=1)
        answers = (send(world, environment_id) for _ in range(_MOST_TRIES))
        return world, next(answer for answer in answers if answer.headers["x-ingest-outcome"] == ending)
    if ending == "plan_exhausted":
        world.change(environment_id, plan_exhausted=True)
    elif ending == "undeliverable":
        world.streams.always = world.spill.always = refusing(THROTTLED)
    elif ending == "bad_key":
        world.change(environment_id, write_keys=["wk_of_another"])
    elif ending == "origin_not_allowed":
        world.change(environment_id, allowed_origins=["https://another.test"])
    elif ending == "deleted":
        world.change(environment_id, state="deleted")
    return world, send(world, environment_id)
