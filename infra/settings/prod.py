"""Production. Fill in what is commented out; docs/deploy.md goes through it."""

from infra.settings.stage import StageSettings

SETTINGS = StageSettings(
    name="prod",
    log_retention_days=90,
    # account="…",  # twelve digits: then nothing is deployed to another account by mistake
    # region="eu-central-1",
    # hosted_zone=HostedZone(zone_id="Z0123456789ABCDEFGHIJ", name="example.com"),
    # ingest_domain="in.example.com",
    # console_domain="console.example.com",
    # console_certificate_arn="arn:aws:acm:us-east-1:…:certificate/…",
    # owner_email="you@example.com",
    # alarm_email="on-call@example.com",
    # front_door="function_url",  # nothing is paid for a request; without ingest_domain
    # front_door="both",  # for an ingest_domain, from about 100 requests a second on
    # concurrency=None,  # for a new account, whose quota is ten functions at once
)
