"""A destination that fails on purpose, by rate and kind: for tests and for runs under chaos."""
