"""The ingest function on AWS. Someone waits for its start, so what slows that down is put off before all else."""

import gc
import os

from functions.ingest.joined_modules import use_joined_modules
from functions.ingest.late_modules import load_late

# After the usual 700 new objects, the garbage collector takes a tenth of a start; what is made here stays anyway.
gc.set_threshold(50_000)
use_joined_modules()
load_late("inspect")  # `orjson` needs a mark of `dataclasses`, which imports it for texts that nobody reads here
load_late("platform", system=lambda: os.uname().sysname)  # and `uuid`, which asks for that alone, until Python 3.11

from adapters.lambda_lifecycle import flush_at_shutdown  # noqa: E402 - as above
from functions.ingest.composing import compose  # noqa: E402

__all__ = ["compose", "handler"]

handler, _counters = compose(os.environ)
flush_at_shutdown(_counters.flush)
