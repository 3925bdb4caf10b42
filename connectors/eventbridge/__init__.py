"""Buses of EventBridge that are users'."""
