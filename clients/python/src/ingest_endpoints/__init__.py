"""Helpers for those who send to an ingest endpoint."""
