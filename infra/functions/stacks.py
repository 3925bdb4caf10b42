"""What the spec of a function is made from."""

from dataclasses import dataclass

from infra.settings.stage import StageSettings
from infra.stacks.front import FrontStack
from infra.stacks.state import StateStack


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stage and the stacks that are there before the functions."""

    settings: StageSettings
    state: StateStack
    front: FrontStack
