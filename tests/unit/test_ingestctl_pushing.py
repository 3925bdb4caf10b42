"""What pushing asks of a server, as far as a role or another's haste decides it."""

import json

import httpx
import pytest

from ingestctl.client import Api
from ingestctl.commands.pushing import _check, create_draft
from ingestctl.output import Output
from ingestctl.problems import Refused
from ingestctl.references import Finder
from ingestctl.revision_files import read_revision_file
from ingestctl.session import Session
from ingestctl.settings import Account

FAULT = {"pointer": "/fields/0/type", "code": "bad_value", "message": "Must be another."}


class Catalog:
    """The revisions of one endpoint, as far as pushing sees them; deleting takes a role that may."""

    def __init__(self, role, *, faults=()):
        self.role = role
        self.faults = list(faults)
        self.drafts = {}
        self.puts = []

    def __call__(self, request):
        parts = request.url.path.split("/")[2:]
        match request.method, parts:
            case "GET", ["me"]:
                return httpx.Response(200, json={"role": self.role})
            case "GET", ["endpoints", _, "revisions"]:
                return httpx.Response(200, json={"items": list(self.drafts.values()), "next": None})
            case "POST", ["endpoints", _, "revisions"]:
                name = json.loads(request.read())["name"]
                draft = {"id": f"rev_{len(self.puts)}{len(self.drafts)}", "name": name, "version": 1}
                self.drafts[draft["id"]] = draft
                return httpx.Response(201, json=draft)
            case "PUT", ["revisions", draft_id, "fields"]:
                self.puts.append((draft_id, request.headers["If-Match"]))
                if self.faults:
                    document = {"code": "invalid_request", "message": "Faults.", "errors": self.faults}
                    return httpx.Response(422, json=document)
                return httpx.Response(200, json={**self.drafts[draft_id], "additional_keys": "drop"})
            case "DELETE", ["revisions", draft_id] if self.role in {"admin", "owner"}:
                del self.drafts[draft_id]
                return httpx.Response(204)
            case "DELETE", _:
                return httpx.Response(403, json={"code": "forbidden", "message": "It takes the role admin."})
        raise AssertionError(request)

    def session(self):
        api = Api(Account("http://127.0.0.1:1", "iet_x"), transport=httpx.MockTransport(self))
        return Session(api, Output(as_json=False), Finder(api))


@pytest.fixture
def said(tmp_path):
    path = tmp_path / "schema.yaml"
    path.write_text("name: Next\nfields:\n  - key: a\n    type: INT\n")
    return read_revision_file(str(path))


def test_who_may_delete_leaves_no_draft_of_a_check(said):
    catalog = Catalog("admin", faults=[FAULT])
    with pytest.raises(Refused) as caught:
        _check(catalog.session(), said, "ep_1")
    assert (caught.value.errors[0]["line"], catalog.drafts) == (4, {})
    catalog.faults = []
    _check(catalog.session(), said, "ep_1")
    assert catalog.drafts == {}


def test_who_may_not_delete_has_one_draft_for_all_checks(said):
    catalog = Catalog("editor")
    _check(catalog.session(), said, "ep_1")
    _check(catalog.session(), said, "ep_1")
    (draft,) = catalog.drafts.values()
    assert draft["name"] == "ingestctl check"
    assert catalog.puts == [(draft["id"], "*")] * 2


def test_a_draft_that_took_nothing_is_taken_away_again(said, capsys):
    catalog = Catalog("admin", faults=[FAULT])
    with pytest.raises(Refused):
        create_draft(catalog.session(), said, "ep_1", "Next", None)
    assert catalog.drafts == {}
    assert capsys.readouterr().err == ""


def test_a_draft_that_took_nothing_and_stays_is_told(said, capsys):
    catalog = Catalog("editor", faults=[FAULT])
    with pytest.raises(Refused):
        create_draft(catalog.session(), said, "ep_1", "Next", None)
    assert len(catalog.drafts) == 1
    assert "Next" in capsys.readouterr().err


def test_a_fault_that_is_not_about_the_file_has_no_place_in_it(said):
    (error,) = said.with_places([{"pointer": "/clone_of", "code": "unknown_revision", "message": "None."}])
    assert "line" not in error
