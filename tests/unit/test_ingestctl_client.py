import json
import stat

import httpx
import pytest

from ingestctl.client import Api, Payload, path_of
from ingestctl.commands.usage import follow_usage, moment
from ingestctl.output import Output, plain
from ingestctl.problems import Misused, Refused
from ingestctl.references import Finder
from ingestctl.session import Session
from ingestctl.settings import Account, account_file, account_from, checked_address, checked_token, store_account

ACCOUNT = Account("http://127.0.0.1:1", "iet_secret")


class Server:
    """Answers with what it was given, in order, and keeps what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.pauses = []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def api(self):
        return Api(ACCOUNT, transport=httpx.MockTransport(self), sleep=self.pauses.append)


def ok(document, status=200):
    return httpx.Response(status, json=document)


def problem(status, code, **headers):
    return httpx.Response(status, json={"code": code, "message": "A sentence."}, headers=headers)


def refusal(call, *arguments, **named):
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    return caught.value


def test_a_post_is_repeated_with_the_same_key_until_the_server_is_there():
    server = Server(
        httpx.ConnectError("refused"), problem(503, "undeliverable"), httpx.ReadTimeout(""), ok({"id": "1"})
    )
    with server.api() as api:
        assert api.post("/v1/endpoints", {"name": "Shop"}) == {"id": "1"}
    assert len({request.headers["Idempotency-Key"] for request in server.asked}) == 1
    assert {request.read() for request in server.asked} == {b'{"name": "Shop"}'}
    assert server.pauses == [0.3, 0.6, 1.2]


def test_two_posts_have_keys_of_their_own():
    server = Server(ok({}), ok({}))
    with server.api() as api:
        api.post("/v1/x", {})
        api.post("/v1/x", {})
    assert len({request.headers["Idempotency-Key"] for request in server.asked}) == 2


def test_repeating_ends():
    server = Server(*[httpx.ConnectError("[Errno 111] Connection refused")] * 9)
    with server.api() as api:
        refused = refusal(api.get, "/v1/me")
    assert (refused.code, len(server.asked), len(server.pauses)) == ("unreachable", 4, 3)
    assert ACCOUNT.address in refused.message
    assert "Connection refused" in refused.message


def test_the_last_refusal_of_an_overloaded_server_is_told():
    server = Server(*[problem(503, "undeliverable")] * 4)
    with server.api() as api:
        assert refusal(api.get, "/v1/me").code == "undeliverable"


@pytest.mark.parametrize(("asked", "pause"), [("2", 2.0), ("3600", 5.0), ("0", 0.3), ("soon", 0.3)])
def test_a_pause_that_the_server_asks_for_is_kept_within_reason(asked, pause):
    server = Server(problem(503, "undeliverable", **{"Retry-After": asked}), ok({}))
    with server.api() as api:
        api.get("/v1/me")
    assert server.pauses == [pause]


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_change_is_repeated_only_if_it_can_not_have_arrived(method):
    server = Server(httpx.ConnectError("refused"), ok({"version": 2}))
    with server.api() as api:
        assert getattr(api, method)("/v1/x", {}, version=1) == {"version": 2}
    for mishap in (httpx.ReadTimeout("slow"), problem(503, "undeliverable")):
        server = Server(mishap, ok({}))
        with server.api() as api:
            refusal(getattr(api, method), "/v1/x", {}, version=1)
        assert len(server.asked) == 1


def test_a_refusal_is_not_repeated_and_carries_all_that_the_server_said():
    errors = [{"pointer": "/name", "code": "required", "message": "This field is required."}]
    document = {"code": "invalid_request", "message": "Faults.", "errors": errors, "request_id": "req_1"}
    server = Server(ok(document, 422))
    with server.api() as api:
        refused = refusal(api.post, "/v1/endpoints", {})
    assert refused.document() == {**document, "status": 422}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>hello"),
        httpx.Response(200, json=[1]),
        httpx.Response(404, text="nginx"),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
    ],
)
def test_what_is_no_management_api_is_told_apart(answer):
    server = Server(answer)
    with server.api() as api:
        assert refusal(api.get, "/v1/me").code == "not_the_api"
    assert len(server.asked) == 1


def test_all_pages_are_followed():
    server = Server(ok({"items": [{"n": 1}, {"n": 2}], "next": "a/b=="}), ok({"items": [{"n": 3}], "next": None}))
    with server.api() as api:
        assert [row["n"] for row in api.pages("/v1/endpoints")] == [1, 2, 3]
    assert server.asked[1].url.params["cursor"] == "a/b=="
    assert server.asked[0].url.params["limit"] == "200"


def test_a_version_is_an_etag_and_none_means_any():
    server = Server(ok({}), ok({}), ok({}))
    with server.api() as api:
        api.put("/v1/x", {}, version=3)
        api.put("/v1/x", {}, version=None)
        api.patch("/v1/x", {}, version=None)
    assert [request.headers.get("If-Match") for request in server.asked] == ['"3"', "*", None]


def test_a_dry_run_is_sent_as_it_is():
    server = Server(ok({"results": []}))
    with server.api() as api:
        api.post_payload("/v1/x", Payload(b"\x1f\x8b", {"Content-Type": "application/json"}))
    assert server.asked[0].read() == b"\x1f\x8b"
    assert server.asked[0].headers["Content-Type"] == "application/json"


def test_a_route_that_the_server_does_not_have_is_told_from_a_thing_that_is_not_there():
    server = Server(problem(404, "not_found"), ok({"paths": {"/v1/me": {}}}))
    with server.api() as api:
        refused = refusal(api.get_offered, "/v1/usage", "/v1/usage")
    assert refused.code == "not_offered"
    assert "GET /v1/usage" in refused.message
    server = Server(problem(404, "not_found"), ok({"paths": {"/v1/usage": {}}}))
    with server.api() as api:
        assert refusal(api.get_offered, "/v1/usage", "/v1/usage").code == "not_found"


def test_the_parts_of_a_path_lead_nowhere_else():
    assert path_of("revisions", "../me?x#y") == "/v1/revisions/..%2Fme%3Fx%23y"


def page(*rows):
    return ok({"items": list(rows), "next": None})


SHOP, BLOG = {"id": "ep_1", "name": "Shop"}, {"id": "ep_2", "name": "Blog"}


def test_a_name_that_several_endpoints_have_must_be_narrowed_down():
    server = Server(
        page(SHOP, BLOG), page({"id": "env_1", "name": "Production"}), page({"id": "env_2", "name": "PRODUCTION"})
    )
    with server.api() as api, pytest.raises(Misused, match="env_1, env_2"):
        Finder(api).environment("production", None)
    server = Server(page(SHOP, BLOG), page({"id": "env_2", "name": "Production"}))
    with server.api() as api:
        assert Finder(api).environment("production", "blog")["id"] == "env_2"
    assert server.asked[1].url.path == "/v1/endpoints/ep_2/environments"


def test_the_only_endpoint_need_not_be_said():
    with Server(page(SHOP)).api() as api:
        assert Finder(api).endpoint(None) == SHOP
    with Server(page(SHOP, BLOG)).api() as api, pytest.raises(Misused, match="--endpoint"):
        Finder(api).endpoint(None)


def test_what_is_called_nothing_is_not_found():
    with Server(page(SHOP)).api() as api:
        assert refusal(Finder(api).endpoint, "Shoe").code == "not_found"


def test_what_looks_like_an_id_may_be_a_name():
    name = f"rev_{'0' * 26}"
    server = Server(problem(404, "not_found"), page(SHOP), page({"id": "rev_1", "name": name}))
    with server.api() as api:
        assert Finder(api).revision(name, None)["id"] == "rev_1"


def test_the_revision_of_an_environment_is_named_after_it():
    server = Server(
        page(SHOP), page({"id": "env_1", "name": "Production", "revision_id": "rev_9"}), ok({"id": "rev_9"})
    )
    with server.api() as api:
        assert Finder(api).revision("@production", None)["id"] == "rev_9"


class Stop:
    """A sleep that ends what follows for ever, after some rounds."""

    def __init__(self, rounds):
        self.rounds = rounds

    def __call__(self, seconds):
        assert seconds == 7
        self.rounds -= 1
        if not self.rounds:
            raise KeyboardInterrupt


def test_following_shows_a_slice_again_when_its_counts_have_changed(capsys):
    def series(*counts):
        return ok({"series": [{"at": f"2026-11-23T09:0{n}:00Z", "requests": count} for n, count in enumerate(counts)]})

    server = Server(series(1, 0), series(1, 4), series(1, 4, 0))
    with server.api() as api:
        session = Session(api, Output(as_json=True), Finder(api))
        follow_usage(session, {"from": "2026-11-23T08:59:30Z"}, 7, sleep=Stop(3))
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["at"][14:16], row["requests"]) for row in rows] == [("00", 1), ("01", 0), ("01", 4), ("02", 0)]
    assert [request.url.params["from"] for request in server.asked[1:]] == ["2026-11-23T09:00:00Z"] * 2


def test_moments_may_be_days_or_how_long_ago():
    from datetime import UTC, datetime

    now = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert moment("90m", now) == "2026-11-23T08:00:00Z"
    assert moment("7d", now) == "2026-11-16T09:30:00Z"
    assert moment("2026-11-01", now) == "2026-11-01T00:00:00Z"
    assert moment("2026-11-01T12:00:00Z", now) == "2026-11-01T12:00:00Z"
    with pytest.raises(Misused, match="too long ago"):
        moment("999999d", now)


def test_what_others_wrote_does_not_control_the_terminal():
    assert plain("a\x1b[2Jb\rc\n\u202ed") == "a\ufffd[2Jb\ufffdc \ufffdd"


def test_the_account_is_stored_for_its_owner_alone_and_replaced_whole(tmp_path):
    path = account_file({"XDG_CONFIG_HOME": str(tmp_path)})
    for token in ("iet_1", "iet_2"):
        store_account(path, Account("https://api.example.com", token))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert account_from({"XDG_CONFIG_HOME": str(tmp_path)}).token == "iet_2"
    assert "iet_2" not in repr(account_from({"XDG_CONFIG_HOME": str(tmp_path)}))


def test_the_environment_goes_before_what_is_stored(tmp_path):
    where = {"XDG_CONFIG_HOME": str(tmp_path)}
    store_account(account_file(where), Account("https://api.example.com", "iet_1"))
    assert account_from({**where, "INGEST_TOKEN": "iet_2"}) == Account("https://api.example.com", "iet_2")
    both = {**where, "INGEST_ADDRESS": "https://other.example.com/", "INGEST_TOKEN": "iet_3"}
    assert account_from(both) == Account("https://other.example.com", "iet_3")


def test_a_stored_token_goes_to_no_other_address(tmp_path):
    where = {"XDG_CONFIG_HOME": str(tmp_path)}
    store_account(account_file(where), Account("https://api.example.com", "iet_1"))
    with pytest.raises(Misused, match=r"No token for https://evil\.example"):
        account_from({**where, "INGEST_ADDRESS": "https://evil.example"})
    assert account_from({**where, "INGEST_ADDRESS": "https://api.example.com/"}).token == "iet_1"


def test_no_account_is_a_misuse_and_so_is_a_broken_file(tmp_path):
    where = {"XDG_CONFIG_HOME": str(tmp_path)}
    with pytest.raises(Misused, match="Not logged in"):
        account_from(where)
    path = account_file(where)
    path.parent.mkdir()
    for text in ("{", "[]", '{"address": "x", "token": "y"}', "{}"):
        path.write_text(text)
        with pytest.raises(Misused, match="login"):
            account_from(where)


def test_a_relative_config_folder_does_not_count():
    assert str(account_file({"XDG_CONFIG_HOME": "here", "HOME": "/h"})) == "/h/.config/ingestctl/account.json"


@pytest.mark.parametrize(
    "text", ["", "example.com", "ftp://x", "http://", "http://a:b@c", "http://x:99999", "http://x?y"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Misused):
        checked_address(text)


@pytest.mark.parametrize("text", ["", "  ", "two words", "iet_\u00e9", "a\x00b"])
def test_what_is_no_token_is_refused(text):
    with pytest.raises(Misused):
        checked_token(text)
