"""Targets of users that take batches of events over HTTPS."""
