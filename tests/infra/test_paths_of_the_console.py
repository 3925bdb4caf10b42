"""Which file CloudFront asks the bucket for, by the function that it runs: in Node, as it is written."""

import json
import shutil
import subprocess

import pytest

from infra.constructs.console_site import STATUS_OF_A_FILE, file_of_a_path
from infra.constructs.docs_pages import docs_pages
from tests.shell_blocks import ROOT

FILES = {
    "/": "/index.html",
    "/endpoints/ep_1/revisions": "/index.html",
    "/docsearch": "/index.html",
    "/assets/main-1a2b.js": "/assets/main-1a2b.js",
    "/docs/": "/docs/index.html",
    "/docs/errors": "/docs/errors.html",
    "/docs/protocols/": "/docs/protocols/index.html",
    "/docs/protocols/ga4": "/docs/protocols/ga4.html",
    "/docs/clients/python": "/docs/clients/python.html",
    "/docs/assets/app.1a2b.js": "/docs/assets/app.1a2b.js",
    "/docs/erorrs": "/docs/404.html",
    "/docs/errors/": "/docs/404.html",
    "/docs/Errors": "/docs/404.html",
    "/docs/decisions/": "/docs/404.html",
    "/docs/constructor": "/docs/404.html",
}
MOST_BYTES = 10_240
"""Of a function: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""


def each(function, events):
    """Return what a function makes of events."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    code = f"{function}\nconsole.log(JSON.stringify({json.dumps(events)}.map(handler)))"
    run = subprocess.run([node, "-e", code], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def handled():
    """Return what the function makes of each path: a request, or an answer."""
    paths = [*FILES, "/docs"]
    events = [{"request": {"uri": path}} for path in paths]
    return dict(zip(paths, each(file_of_a_path(docs_pages()), events), strict=True))


@pytest.mark.parametrize("path", FILES)
def test_a_path_is_the_consoles_page_a_page_of_the_docs_or_a_file(handled, path):
    assert handled[path] == {"uri": FILES[path]}


def test_the_docs_start_at_their_folder(handled):
    assert (handled["/docs"]["statusCode"], handled["/docs"]["headers"]["location"]["value"]) == (307, "/docs/")


def test_only_the_page_for_what_is_not_there_has_another_status():
    marked = {"x-amz-meta-status": {"value": "404"}}
    answers = [(200, marked), (200, {}), (304, marked), (403, {})]
    events = [{"response": {"statusCode": status, "headers": headers}} for status, headers in answers]
    assert [answer["statusCode"] for answer in each(STATUS_OF_A_FILE, events)] == [404, 200, 304, 403]


def test_the_names_of_all_pages_fit_into_a_function_and_may_be_twice_as_many():
    assert len(file_of_a_path(docs_pages())) < MOST_BYTES / 2


def test_every_page_of_the_docs_that_is_built_is_known():
    built = ROOT / "site" / "dist"
    if not (built / "index.html").exists():
        pytest.skip("the docs are not built: make docs")
    names = {path.relative_to(built).with_suffix("").as_posix() for path in built.rglob("*.html")} - {"404"}
    assert {f"{page}index" if page.endswith("/") or not page else page for page in docs_pages()} == names
