"""One developer's deployment: small, cheap, and gone without a trace with `make destroy STAGE=dev`."""

from infra.settings.stage import Concurrency, StageSettings

SETTINGS = StageSettings(
    name="dev",
    ingest_requests_per_second=100,
    ingest_burst=200,
    concurrency=Concurrency(ingest=20, management=10, authorizer=10),
    second_factor="off",
    log_retention_days=7,
    quarantine_days=7,
    landing_days=3,
    keep_data=False,
)
