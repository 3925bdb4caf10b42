"""Streams of Kinesis that are users'."""
