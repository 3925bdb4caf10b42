"""A lake as functions have it that hold none of its packages: what they ask goes through JSON and comes back whole."""

import json
from dataclasses import replace

import pytest

from connectors.lake import asking
from connectors.lake.asking import AskingLake, answer_of
from connectors.lake.capabilities import CAPABILITIES
from domain.delivery.connectors import CheckStep, RevisionTable, failed_step
from domain.errors import Misconfigured, Undelivered
from domain.queries.lake_views import view_of_all
from domain.warehouses.columns import warehouse_columns
from tests.lake_events import EVERY_TYPE
from tests.lakes import TARGET, World

RULED = [{**field, "rules": [{"rule": "max_length", "value": 5}], "presence": "optional"} for field in EVERY_TYPE]
SECRET = {"key": "secret", "type": "STRING", "protect": "redact"}
REVISIONS = [
    RevisionTable("t", "rev_1", "First", [*RULED, SECRET], "keep"),
    RevisionTable("t", "rev_2", "Second", [{"key": "text", "type": "INT", "description": "A number."}]),
]


FILES = replace(TARGET, destination={**TARGET.destination, "table_format": "parquet"})


def asking_of(connector, asked=None, make_view=None):
    def ask(event):
        text = json.dumps(event)
        if asked is not None:
            asked.append(text)
        return json.loads(json.dumps(answer_of(connector, make_view, json.loads(text))))

    return AskingLake(ask)


def test_tables_are_made_as_by_the_lake_itself_and_no_rule_travels(tmp_path):
    direct, asked = World(tmp_path / "direct"), World(tmp_path / "asked")
    sent = []
    apart = asking_of(asked.connector, sent).make_tables(TARGET, REVISIONS)
    assert apart == direct.connector.make_tables(TARGET, REVISIONS) != []
    assert asked.table().schema() == direct.table().schema()
    assert "max_length" not in sent[0]


def test_revisions_that_are_large_together_are_asked_for_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(asking, "MAX_ASKED_BYTES", 100)
    sent = []
    asking_of(World(tmp_path).connector, sent).make_tables(TARGET, REVISIONS)
    assert [len(json.loads(text)["revisions"]) for text in sent] == [1, 1]


def test_a_view_is_planned_here_and_made_there():
    sent, made = [], []
    lake = asking_of(None, sent, lambda *of: made.append(of))
    lake.make_views(FILES, REVISIONS)
    view = view_of_all(FILES.destination["table"], [columns_of(one) for one in reversed(REVISIONS)]).view
    assert made == [(FILES, view)]
    assert lake.view_takes(FILES, reversed(REVISIONS)) == ["rev_1", "rev_2"]
    assert len(sent) == 1
    wide = RevisionTable("t", "rev_3", "Wide", [{"key": f"{n:04}{'x' * 120}", "type": "INT"} for n in range(2_000)])
    lake.make_views(FILES, [*REVISIONS, wide])
    assert len(sent) == 1
    assert lake.view_takes(FILES, [wide, *reversed(REVISIONS)]) == []


def test_a_table_of_all_revisions_has_no_view():
    lake = asking_of(None)
    lake.make_views(TARGET, REVISIONS)
    assert lake.view_takes(TARGET, iter(REVISIONS)) is None


def columns_of(table):
    return table.revision_id, warehouse_columns(table.fields, table.additional_keys)


def test_a_check_comes_back_with_each_of_its_steps(tmp_path):
    world = World(tmp_path)
    lake = asking_of(world.connector)
    assert lake.check(TARGET) == [CheckStep("catalog"), CheckStep("write"), CheckStep("table")]
    assert lake.capabilities is CAPABILITIES
    wrong = failed_step("role", "no")
    assert asking_of(type("", (), {"check": lambda self, target: [wrong]})()).check(TARGET) == [wrong]


@pytest.mark.parametrize(
    "error", [Undelivered("later"), Undelivered("never", retryable=False), Misconfigured("grant it")]
)
def test_what_fails_there_fails_here(error):
    class Failing:
        def make_tables(self, target, tables):
            raise error

    with pytest.raises(type(error), match=str(error)) as raised:
        asking_of(Failing()).make_tables(TARGET, REVISIONS)
    assert getattr(raised.value, "retryable", None) == getattr(error, "retryable", None)


def test_it_delivers_nothing():
    with pytest.raises(Misconfigured):
        AskingLake(lambda _: {}).deliver(TARGET, None, None, None)
