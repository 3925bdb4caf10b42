"""What a browser is given at this machine's own names: the console, the docs, or the pages that stand in for them."""

import asyncio

import httpx
import pytest

from local.pages import make_pages

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Client:
    """Asks the application as the front door does, without a port."""

    def __init__(self, app):
        self._transport = httpx.ASGITransport(app)

    def request(self, method, path, headers=None):
        async def ask():
            async with httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(ask())

    def get(self, path, headers=None):
        return self.request("GET", path, headers)


@pytest.fixture
def built(tmp_path):
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>console</title>")
    (folder / "assets" / "index-abc.js").write_text("void 0;")
    (folder / ".vite" / "manifest.json").write_text("{}")
    return folder


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    for name in ("index.html", "errors.html", "404.html", "protocols/index.html", "assets/app.1a2b.js"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"built {name}")
    return folder


@pytest.fixture
def client(built, docs, tmp_path):
    return Client(make_pages("http://127.0.0.1:1", tmp_path, built, docs))


def test_every_page_of_the_console_is_the_same_file(client):
    for path in ("/", "/endpoints/ep_1/revisions", "/sign-in?to=/organisation"):
        answer = client.get(path, headers=BROWSER)
        assert (answer.status_code, answer.text) == (200, "<!doctype html><title>console</title>")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"


def test_scripts_come_from_files_of_this_origin_only(client):
    policy = dict(part.split(" ", 1) for part in client.get("/").headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


def test_an_asset_is_kept_for_ever_and_a_page_asked_for_again(client):
    asset = client.get("/assets/index-abc.js")
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    tag = client.get("/").headers["etag"]
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/", headers={"If-None-Match": '"another"'}).status_code == 200


def test_what_is_no_page_is_a_problem(client):
    for path, headers in (
        ("/nothing", {}),
        ("/assets/index-old.js", BROWSER),
        ("/.vite/manifest.json", BROWSER),
        ("/../secret", {}),
    ):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    answer = client.request("POST", "/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


@pytest.mark.parametrize("path", ["//e/env_1", "/E/env_1", "/nowhere", "/endpoints"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_where_there_is_no_page_no_method_is_any_better(client, method, path):
    answer = client.request(method, path, headers=BROWSER)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_people_sign_in_with_a_token_here(client):
    assert client.get("/config.json").json() == {"sign_in": {"kind": "token"}}


def test_until_the_console_is_built_one_page_says_how_to_go_on(tmp_path):
    client = Client(make_pages("http://127.0.0.1:1", tmp_path / "<state>", tmp_path / "nothing"))
    page = client.get("/", headers=BROWSER)
    assert page.status_code == 200
    assert "http://127.0.0.1:1/v1" in page.text
    assert "make console" in page.text
    assert "&lt;state&gt;" in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert client.get("/style.css").headers["content-type"].startswith("text/css")
    assert client.get("/icon.svg").headers["content-type"] == "image/svg+xml"
    assert client.get("/endpoints", headers=BROWSER).status_code == 404


def test_files_are_compressed_for_those_who_can_read_that(built, tmp_path):
    code = "export const words = 'the same words again and again';\n" * 100
    (built / "assets" / "index-abc.js").write_text(code)
    client = Client(make_pages("http://127.0.0.1:1", tmp_path, built))
    packed = client.get("/assets/index-abc.js", headers={"Accept-Encoding": "gzip, deflate"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert int(packed.headers["content-length"]) < len(code) / 10
    assert packed.text == code
    plain = client.get("/assets/index-abc.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == code
    assert packed.headers["etag"] != plain.headers["etag"]
    again = client.get("/assets/index-abc.js", {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_console_that_is_built_later_is_served_once_its_stamp_is_there(tmp_path):
    folder = tmp_path / "dist"
    client = Client(make_pages("http://127.0.0.1:1", tmp_path, folder))
    page = client.get("/", headers=BROWSER).text
    assert "not there yet" in page
    assert '<meta http-equiv="refresh"' in page  # so that nobody has to come again
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>first</title>")
    assert "not there yet" in client.get("/", headers=BROWSER).text
    (folder / ".sources-1").touch()
    assert "first" in client.get("/organisation", headers=BROWSER).text
    (folder / "index.html").write_text("<!doctype html><title>second</title>")
    assert "first" in client.get("/", headers=BROWSER).text
    (folder / ".sources-1").rename(folder / ".sources-2")
    assert "second" in client.get("/", headers=BROWSER).text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/docs/", "index.html"),
        ("/docs/errors", "errors.html"),
        ("/docs/errors.html", "errors.html"),
        ("/docs/protocols/", "protocols/index.html"),
        ("/docs/assets/app.1a2b.js", "assets/app.1a2b.js"),
    ],
)
def test_a_page_of_the_docs_has_its_file_without_html(client, path, name):
    for headers in (BROWSER, {}):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.text) == (200, f"built {name}")


def test_the_docs_are_served_like_the_console(client):
    page, console = client.get("/docs/errors", headers=BROWSER), client.get("/", headers=BROWSER)
    for name in ("content-security-policy", "cache-control", "x-content-type-options", "referrer-policy"):
        assert page.headers[name] == console.headers[name]
    assert "immutable" in client.get("/docs/assets/app.1a2b.js").headers["cache-control"]


def test_the_docs_start_at_their_folder(client):
    answer = client.get("/docs", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs/")


def test_the_docs_are_found_without_a_browser_even_if_they_were_built_after_the_start(built, docs, tmp_path):
    kept = tmp_path / "kept"
    docs.rename(kept)
    client = Client(make_pages("http://127.0.0.1:1", tmp_path, built, docs))
    assert client.get("/docs/errors").status_code == 503
    kept.rename(docs)
    (docs / ".sources-1").touch()
    assert client.get("/docs/errors").status_code == 200
    assert client.get("/docs").headers["location"] == "/docs/"


def test_a_page_that_the_docs_do_not_have_is_not_the_console(client):
    answer = client.get("/docs/nothing", headers=BROWSER)
    assert (answer.status_code, answer.text) == (404, "built 404.html")
    assert client.get("/docs/nothing.js").json()["code"] == "not_found"
    assert client.request("POST", "/docs/errors").status_code == 405


def test_until_the_docs_are_built_a_page_says_how_to_go_on(built, tmp_path):
    folder = tmp_path / "docs-of-later"
    client = Client(make_pages("http://127.0.0.1:1", tmp_path, built, folder))
    page = client.get("/docs/errors", headers=BROWSER)
    assert page.status_code == 503
    assert "make docs" in page.text
    assert client.get("/docs/style.css").headers["content-type"].startswith("text/css")
    folder.mkdir()
    (folder / "index.html").write_text("first")
    (folder / ".sources-1").touch()
    assert client.get("/docs/", headers=BROWSER).text == "first"
