"""The stages by name: a file beside this one is a stage."""

from importlib import import_module
from pathlib import Path

from domain.errors import Misconfigured
from infra.settings.stage import StageSettings

STAGES = tuple(
    sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in {"__init__", "stage"})
)


def settings_of(stage: str) -> StageSettings:
    """Return a stage's settings.

    Raises:
        Misconfigured: there is no such stage, or its settings can't work.
    """
    if stage not in STAGES:
        raise Misconfigured(f"There is no stage {stage}. There are: {', '.join(STAGES)}.")
    settings: StageSettings = import_module(f"infra.settings.{stage}").SETTINGS
    return settings
