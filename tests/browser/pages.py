"""Every page of the console, for the checks and pictures that go through all of them."""

from typing import NamedTuple


class Page(NamedTuple):
    """`path` may name ids of `seed.Seeded`; `shown` is a text that stands there once everything is loaded."""

    name: str
    path: str
    shown: str


ENDPOINT = "/endpoints/{endpoint_id}"
ENVIRONMENT = ENDPOINT + "/environments/{environment_id}"
STAGING = ENDPOINT + "/environments/{staging_id}"

PAGES = [
    Page("endpoints", "/", "Web shop"),
    Page("start", "/start", "Infer the schema"),
    Page("overview", ENDPOINT, "Events by outcome"),
    Page("overview-table", ENDPOINT + "?view=table&period=7d", "Delivered"),
    Page("environments", ENDPOINT + "/environments", "refused"),
    Page("revisions", ENDPOINT + "/revisions", "Finalised"),
    Page("designer", ENDPOINT + "/revisions/{draft_id}", "Unknown fields"),
    Page("designer-json", ENDPOINT + "/revisions/{draft_id}?view=json", "Discard changes"),
    Page("compare", ENDPOINT + "/compare/{revision_id}/{draft_id}", "On the command line"),
    Page("environment-new", ENDPOINT + "/environments?open=new", "Invalid events"),
    Page("revision-new", ENDPOINT + "/revisions?new=true", "An empty tree"),
    Page("field", ENDPOINT + "/revisions/{draft_id}?at=items.quantity", "Sent as"),
    Page("designer-template", ENDPOINT + "/revisions/{planned_id}?template=segment", "Made from the template"),
    Page("event-type", ENDPOINT + "/revisions/{planned_id}?event_type=true", "Where its fields stand"),
    Page("live", ENVIRONMENT, "Start live events"),
    Page("install", ENVIRONMENT + "/install", "How do you send?"),
    Page("install-sender", ENVIRONMENT + "/install?sender=posthog-js", "What to set: api_host"),
    Page("install-sender-keys", STAGING + "/install?sender=snowplow-browser", "All write keys"),
    Page("install-webhook", STAGING + "/install?sender=webhook-github", "Secrets of webhooks"),
    Page("install-webhook-none", ENVIRONMENT + "/install?sender=webhook-stripe", "This sender needs a webhook"),
    Page("deployments", ENVIRONMENT + "/deployments", "History"),
    Page("deployments-canary", STAGING + "/deployments", "of the requests go to"),
    Page("destination", ENVIRONMENT + "/destination", "Its type never changes"),
    Page("settings", ENVIRONMENT + "/settings", "Delete environment"),
    Page("domain", ENVIRONMENT + "/domain", "Have one issued"),
    Page("domain-set", STAGING + "/domain", "active"),
    Page("keys-and-webhooks", STAGING + "/keys-and-webhooks", "a newer and an older one"),
    Page("keys-and-webhooks-none", ENVIRONMENT + "/keys-and-webhooks", "No key is needed"),
    Page("alerts", ENVIRONMENT + "/alerts", "written to the log on this machine"),
    Page("alerts-none", STAGING + "/alerts", "Add one to be told when"),
    Page("unknown-fields", ENVIRONMENT + "/unknown-fields", "/couponCode"),
    Page("quarantine", ENVIRONMENT + "/quarantine", "Samples"),
    Page("organisation", "/organisation", "Beyond a monthly limit"),
    Page("members", "/organisation/members", "grace@example.com"),
    Page("tokens", "/organisation/tokens", "Last used"),
    Page("audit", "/organisation/audit", "Before and after"),
    Page("operations", "/operations", "4 messages were given up"),
    Page("dead-letters", "/operations/queues/spill", "Send all again"),
    Page("organisations", "/operations/organisations", "No limit"),
    Page("set-aside", "/operations/set-aside", "Objects"),
    Page(
        "set-aside-filtered", "/operations/set-aside?environment={environment_id}&reason=no such field: ….", "Dry run"
    ),
]


def path_of(page, seeded):
    """Return where the page is in what was seeded."""
    return page.path.format(
        endpoint_id=seeded.shop.endpoint_id,
        environment_id=seeded.shop.environment_id,
        revision_id=seeded.shop.revision_id,
        draft_id=seeded.draft_id,
        staging_id=seeded.staging_id,
        planned_id=seeded.planned_id,
    )
