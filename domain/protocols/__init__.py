"""Other collectors' protocols: `routes.py` says which route is whose; each protocol has one file, all of one shape.

A file holds a `PROTOCOL` (see `shared/shape.py`). It is imported at the first request of its protocol.
"""
