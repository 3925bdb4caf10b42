"""The built docs: every link leads somewhere, nothing comes from elsewhere, and search finds the right page first."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from schemas.codes import Outcome, Problem

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "site" / "dist"
QUESTIONS = json.loads((Path(__file__).parent / "questions.json").read_text("utf-8"))
OF_THE_CONSOLE = {"/icon.svg"}
"""What pages take from the root of their address."""

pytestmark = pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the docs are not built: make docs")


class Page(HTMLParser):
    """What a page has and what it asks for."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.sources, self.inline_scripts = [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif found.get("href") or found.get("src"):
            self.sources.append(found.get("href") or found["src"])
        if tag == "script" and "src" not in found:
            self.inline_scripts += 1


@pytest.fixture(scope="module")
def pages():
    """Every page by its address."""
    found = {}
    for path in BUILT.rglob("*.html"):
        name = PurePosixPath(path.relative_to(BUILT)).with_suffix("").as_posix()
        found["/docs/" + re.sub(r"(^|/)index$", r"\1", name)] = Page(path.read_text("utf-8"))
    assert len(found) > 50
    return found


def test_every_link_leads_to_a_page_and_a_place_on_it(pages):
    broken, followed = [], 0
    for address, page in pages.items():
        for href in page.links:
            target = urlsplit(urljoin(address, href))
            if target.scheme or target.netloc:
                continue
            followed += 1
            aim = pages.get(unquote(target.path))
            if aim is None:
                is_file = (BUILT / target.path.removeprefix("/docs/")).is_file()
                broken += [] if is_file else [f"{address} -> {href}"]
            elif target.fragment and unquote(target.fragment) not in aim.ids:
                broken.append(f"{address} -> {href}")
    assert broken == []
    assert followed > 1_000


def test_pages_load_what_is_there_and_from_nowhere_else(pages):
    missing = [
        f"{address}: {source}"
        for address, page in pages.items()
        for source in page.sources
        if source not in OF_THE_CONSOLE
        and not (source.startswith("/docs/") and (BUILT / source.removeprefix("/docs/")).is_file())
    ]
    assert missing == []
    styles = "".join(path.read_text("utf-8") for path in BUILT.rglob("*.css"))
    assert re.findall(r"""url\(["']?(?:https?:)?//|@import""", styles) == []


def test_no_page_holds_a_script(pages):
    assert {address for address, page in pages.items() if page.inline_scripts} == set()


@pytest.mark.parametrize("code", [*Problem, *Outcome])
def test_every_code_has_its_place_on_the_page_of_errors(pages, code):
    assert pages["/docs/errors"].ids.count(code) == 1


@pytest.fixture(scope="module")
def found():
    """The pages that are found for each question, the best first."""
    node = shutil.which("node")
    assert node is not None, "the docs are built with it"
    command = [node, str(Path(__file__).parent / "search.mjs")]
    run = subprocess.run(
        command, input=json.dumps(list(QUESTIONS)), capture_output=True, text=True, check=True, timeout=120
    )
    return dict(zip(QUESTIONS, json.loads(run.stdout), strict=True))


def test_there_are_thirty_questions_and_more():
    assert len(QUESTIONS) >= 30


@pytest.mark.parametrize("question", QUESTIONS)
def test_search_finds_the_right_page_first(found, question):
    first = found[question][0].removeprefix("/docs/").split("#")[0]
    assert first == QUESTIONS[question]
