"""Every page of the console, for the checks and pictures that go through all of them."""

from typing import NamedTuple


class Page(NamedTuple):
    """`path` may name ids of `seed.Seeded`; `shown` is a text that stands there once everything is loaded."""

    name: str
    path: str
    shown: str


ENDPOINT = "/endpoints/{endpoint_id}"
ENVIRONMENT = ENDPOINT + "/environments/{environment_id}"

PAGES = [
    Page("endpoints", "/", "Web shop"),
    Page("start", "/start", "Infer the schema"),
    Page("overview", ENDPOINT, "Events by outcome"),
    Page("overview-table", ENDPOINT + "?view=table&period=7d", "Delivered"),
    Page("environments", ENDPOINT + "/environments", "Environments"),
    Page("revisions", ENDPOINT + "/revisions", "Finalised"),
    Page("designer", ENDPOINT + "/revisions/{draft_id}", "Keys that no data map names"),
    Page("compare", ENDPOINT + "/compare/{revision_id}/{draft_id}", "On the command line"),
    Page("install", ENVIRONMENT + "/install", "Install"),
    Page("deploy", ENVIRONMENT + "/deploy", "Deploy"),
    Page("domain", ENVIRONMENT + "/domain", "Domain"),
    Page("quarantine", ENVIRONMENT + "/quarantine", "Quarantine"),
    Page("organisation", "/organisation", "Beyond a monthly limit"),
    Page("members", "/organisation/members", "grace@example.com"),
    Page("tokens", "/organisation/tokens", "Last used"),
    Page("audit", "/organisation/audit", "Before and after"),
]


def path_of(page, seeded):
    """Return where the page is in what was seeded."""
    return page.path.format(
        endpoint_id=seeded.shop.endpoint_id,
        environment_id=seeded.shop.environment_id,
        revision_id=seeded.shop.revision_id,
        draft_id=seeded.draft_id,
    )
