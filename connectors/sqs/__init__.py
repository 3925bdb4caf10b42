"""Queues of SQS that are users'."""
