"""What a site or an app sends, as a test sees it: a local run, its environments, and the events that they got."""

from __future__ import annotations

from ingest_endpoints.testing.environment import Environment
from ingest_endpoints.testing.expecting import Event, Unexpected
from ingest_endpoints.testing.local_run import LocalRun, NotStarted

__all__ = ["Environment", "Event", "LocalRun", "NotStarted", "Unexpected"]
