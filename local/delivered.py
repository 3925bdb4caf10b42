"""What was delivered, read from the state folder as a reader of the bucket would."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def object_files(state_dir: Path, environment_id: str) -> list[Path]:
    """Return the files of delivered objects of an environment, in order of their keys."""
    files = (state_dir / "objects").glob(f"*/**/environment={environment_id}/**/*.gz")
    return sorted(path for path in files if "quarantine" not in path.relative_to(state_dir).parts)


def quarantine_files(state_dir: Path, environment_id: str) -> list[Path]:
    """Return the files of quarantined events of an environment, in order of their keys."""
    files = (state_dir / "objects").glob(f"*/quarantine/environment={environment_id}/**/*.gz")
    return sorted(files)


def stored_rows(files: list[Path]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of newline-delimited gzip files, in order."""
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def delivered_events(state_dir: Path, environment_id: str) -> list[dict[str, Any]]:
    """Return every event that was delivered for an environment."""
    return list(stored_rows(object_files(state_dir, environment_id)))
