"""What production will be tomorrow: its settings, with data that may go."""

from infra.settings.stage import Concurrency, StageSettings

SETTINGS = StageSettings(
    name="staging",
    ingest_requests_per_second=1_000,
    ingest_burst=2_000,
    concurrency=Concurrency(ingest=100, management=20, authorizer=20),
    log_retention_days=14,
    # region="eu-central-1",
    # hosted_zone=HostedZone(zone_id="Z0123456789ABCDEFGHIJ", name="example.com"),
    # ingest_domain="in.staging.example.com",
    # console_domain="console.staging.example.com",
    # console_certificate_arn="arn:aws:acm:us-east-1:…:certificate/…",
    # alarm_email="on-call@example.com",
)
