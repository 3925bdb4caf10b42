"""The ingest function on AWS. Someone waits for its start, so what slows that down is put off before all else."""

import gc
import os

from functions.ingest.joined_modules import use_joined_modules
from functions.ingest.late_modules import left_out, load_late

# After the usual 700 new objects, the garbage collector takes a tenth of a start; what is made here stays anyway.
gc.set_threshold(50_000)
use_joined_modules()
# `orjson` loads these for a mark and a class by which it knows the objects of both. Nothing here makes any.
load_late("dataclasses", lasting={"_FIELD": object()})
with left_out("uuid", UUID=type("UUID", (), {})):  # one that is made all the same is refused, and not written
    import orjson  # noqa: F401

from adapters.lambda_lifecycle import flush_at_shutdown  # noqa: E402 - as above
from functions.ingest.composing import compose  # noqa: E402

__all__ = ["compose", "handler"]

handler, _counters = compose(os.environ)
flush_at_shutdown(_counters.flush)
