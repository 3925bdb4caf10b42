"""Sends events to an ingest endpoint, and tells what became of each."""

from __future__ import annotations

from ingest_endpoints.aio import AsyncClient
from ingest_endpoints.client import Client
from ingest_endpoints.log_handler import IngestHandler
from ingest_endpoints.results import Result

__all__ = ["AsyncClient", "Client", "IngestHandler", "Result"]
