"""A local run whose ingest workers only echo: `benchmarks.echo_worker`."""

import os

from local.server import serve
from local.settings import settings_from_environment

if __name__ == "__main__":
    serve(settings_from_environment(os.environ), "benchmarks.echo_worker")
