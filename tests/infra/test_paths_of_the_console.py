"""Which file CloudFront asks the bucket for, by the function that it runs: in Node, as it is written."""

import json
import shutil
import subprocess

import pytest

from infra.constructs.console_site import FILE_OF_A_PATH

FILES = {
    "/": "/index.html",
    "/endpoints/ep_1/revisions": "/index.html",
    "/docsearch": "/index.html",
    "/assets/main-1a2b.js": "/assets/main-1a2b.js",
    "/docs/": "/docs/index.html",
    "/docs/errors": "/docs/errors.html",
    "/docs/protocols/": "/docs/protocols/index.html",
    "/docs/protocols/ga4": "/docs/protocols/ga4.html",
    "/docs/assets/app.1a2b.js": "/docs/assets/app.1a2b.js",
}


@pytest.fixture(scope="module")
def handled():
    """Return what the function makes of each path: a request, or an answer."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    paths = json.dumps([*FILES, "/docs"])
    code = f"{FILE_OF_A_PATH}\nconsole.log(JSON.stringify({paths}.map(uri => handler({{request: {{uri}}}}))))"
    run = subprocess.run([node, "-e", code], capture_output=True, text=True, check=True, timeout=60)
    return dict(zip([*FILES, "/docs"], json.loads(run.stdout), strict=True))


@pytest.mark.parametrize("path", FILES)
def test_a_path_is_the_consoles_page_a_page_of_the_docs_or_a_file(handled, path):
    assert handled[path] == {"uri": FILES[path]}


def test_the_docs_start_at_their_folder(handled):
    assert (handled["/docs"]["statusCode"], handled["/docs"]["headers"]["location"]["value"]) == (307, "/docs/")
