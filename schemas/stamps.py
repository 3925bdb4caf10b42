"""The keys that every delivered event begins with, in this order; no field may take one at the root."""

EVENT_ID = "_event_id"
RECEIVED_AT = "_received_at"
REVISION_ID = "_revision_id"
EXTRA = "_extra"
"""Under `additional_keys: keep`: what no field names, by its JSON Pointer in the event; reserved at every root."""

STAMP_KEYS = (EVENT_ID, RECEIVED_AT, REVISION_ID)
