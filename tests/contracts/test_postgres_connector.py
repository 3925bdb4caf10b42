"""The connector of PostgreSQL, against a real server."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapters.postgres import Answer, PostgresClient, PostgresError
from adapters.reaching import Unreachable
from connectors.postgres.connector import PostgresConnector
from connectors.postgres.database import signed_in
from connectors.postgres.failures import sentence
from connectors.postgres.turns import NoTurn, take_turn
from domain.delivery.budget import TimeBudget
from domain.delivery.connectors import ColumnApart, RevisionTable, Target
from domain.delivery.resting import AskedToWait
from domain.errors import Misconfigured, Undelivered
from domain.ids import derived_event_ids
from domain.postgres_place import PostgresSecret, place_from_dsn, text_of_secret
from domain.queries.places import engines_of
from domain.queries.readable import Asked
from domain.queries.writing import queries_of
from domain.warehouses.columns import warehouse_columns
from domain.warehouses.engine import OwnBucket
from domain.warehouses.quoting import double_quoted
from schemas.limits import POSTGRES_TURN_SECONDS
from tests.killed import Killed
from tests.landed import KEY, Time, landed, line, set_aside
from tests.postgres_server import PASSWORD
from tests.waiting import wait_until

AMOUNT = [{"key": "amount", "type": "INT"}]


def revision(fields, number=1, additional_keys="drop"):
    return RevisionTable(f"shop_{number}", f"rev_{number}", f"Number {number}", fields, additional_keys)


class Shop:
    """A schema and a role of one test, and the environment whose table is there."""

    def __init__(self, server):
        self.server = server
        self.schema = server.new_schema()
        self.client = PostgresClient(own_machine=True)
        self.connector = PostgresConnector(self.client)
        destination = {"type": "postgres", "schema": self.schema, "table": "shop"}
        self.target = Target("org_1", "env_1", destination, server.secret(user=self.schema))

    def deliver(self, lines, *revisions, key=KEY, connector=None):
        one = landed(lines, key=key)
        tables = {each.revision_id: each for each in revisions}
        return (connector or self.connector).deliver(self.target, one, tables.get, Time().budget())

    def make(self, each):
        return self.connector.make_tables(self.target, [each])

    def run(self, sql):
        return self.server.run(sql.replace("shop", f"{self.schema}.shop"))

    def columns(self):
        rows = self.server.run(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
            f"WHERE attrelid = '{self.schema}.shop'::regclass AND attnum > 4 AND NOT attisdropped ORDER BY attnum"
        )
        return {name: (kind, required) for name, kind, required in rows}

    def reason(self):
        """Return the step of a check that fails, and why."""
        failed = [step for step in self.connector.check(self.target) if step.state == "failed"]
        return failed[0].name, failed[0].reason

    def ids(self):
        return Counter(event_id for (event_id,) in self.run("SELECT _event_id FROM shop"))


@pytest.fixture
def shop(postgres):
    return Shop(postgres)


# How many load at once


@contextmanager
def loading(shop):
    """Stand for a writer that loads."""
    with signed_in(shop.client, shop.target, Time().budget()) as database, database.transaction():
        take_turn(database, shop.target.destination["max_connections"])
        yield


def test_no_more_load_at_once_than_a_destination_allows_and_who_waits_holds_no_connection(shop):
    shop.target.destination["max_connections"] = 2
    signed_in_as = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{shop.schema}'"
    time = Time()
    others = [ExitStack() for _ in range(2)]

    def sleep(seconds):
        wait_until(lambda: shop.server.run(signed_in_as) == [[2]])
        if len(time.waits) == 2:
            others[0].close()
        time.sleep(seconds)

    with others[0], others[1]:
        for other in others:
            other.enter_context(loading(shop))
        with pytest.raises(NoTurn), loading(shop):
            pass
        one, tables = landed([line(1, amount=1)]), {"rev_1": revision(AMOUNT)}
        outcomes = shop.connector.deliver(shop.target, one, tables.get, TimeBudget(240.0, time.monotonic, sleep))
    assert (outcomes.delivered.total(), len(time.waits)) == (1, 3)


def test_an_object_waits_for_others_for_a_while_and_then_leaves_the_database_alone(shop):
    shop.target.destination["max_connections"] = 1
    time = Time()
    with loading(shop), pytest.raises(AskedToWait, match="as many as max_connections says") as raised:
        shop.connector.deliver(shop.target, landed([line(1, amount=1)]), {}.get, time.budget())
    assert (sum(time.waits), raised.value.seconds) == (POSTGRES_TURN_SECONDS, 30.0)


# What is stored


def test_values_stand_as_they_were_stored(shop):
    fields = [
        {"key": "text", "type": "STRING"},
        {"key": "whole", "type": "INT"},
        {"key": "real", "type": "FLOAT"},
        {"key": "yes", "type": "BOOLEAN"},
        {"key": "day", "type": "DATE"},
        {"key": "local", "type": "DATETIME"},
        {"key": "seconds", "type": "TIMESTAMP"},
        {"key": "moment", "type": "TIMESTAMP", "format": "rfc3339"},
        {"key": "any", "type": "JSON"},
        {"key": "inner", "type": "OBJECT", "fields": [{"key": "deep", "type": "ARRAY_INT"}]},
        {"key": "texts", "type": "ARRAY_STRING"},
        {"key": "wholes", "type": "ARRAY_INT"},
        {"key": "numbers", "type": "ARRAY_FLOAT"},
        {"key": "booleans", "type": "ARRAY_BOOLEAN"},
        {"key": "days", "type": "ARRAY_DATE"},
        {"key": "moments", "type": "ARRAY_TIMESTAMP"},
        {"key": "anything", "type": "ARRAY_JSON"},
        {"key": "objects", "type": "ARRAY_OBJECT", "fields": [{"key": "a", "type": "STRING"}]},
        {"key": "select", "type": "STRING", "presence": "optional"},
    ]
    awkward = 'tab\t line\n return\r "quoted" \\ \\N {a,b} \u2028 \U0001f600 é'
    event = {
        "text": awkward,
        "whole": -(2**63),
        "real": 5e-324,
        "yes": False,
        "day": "0001-01-01",
        "local": "2026-02-28T23:59:59.123456",
        "seconds": -62_135_596_800,
        "moment": "9999-12-31T23:59:59.999999Z",
        "any": {"big": 2**64 - 1, "null": None, "text": awkward, "half": 0.1},
        "inner": {"deep": [1, 2**63 - 1]},
        "texts": [awkward, "", "NULL"],
        "wholes": [2**63 - 1, -1],
        "numbers": [0.1, 1.7976931348623157e308, 3],
        "booleans": [True, False],
        "days": ["2024-02-29"],
        "moments": [0, 1_795_500_000],
        "anything": [1, "a", {"b": [None]}],
        "objects": [{"a": "x"}, {"a": awkward}],
        "_extra": {"/coupon": "X1"},
    }
    outcomes = shop.deliver([line(1, **event)], revision(fields, additional_keys="keep"))
    assert outcomes.delivered.total() == 1
    names = ["_event_id", "_received_at", "_revision_id", *event]
    quoted = ", ".join(map(double_quoted, names))
    (row,) = shop.run(f"SELECT {quoted} FROM shop")
    assert dict(zip(names, row, strict=True)) == {
        **event,
        "_event_id": "evt_1",
        "_received_at": datetime(2026, 11, 2, 10, tzinfo=UTC),
        "_revision_id": "rev_1",
        "day": date(1, 1, 1),
        "local": datetime(2026, 2, 28, 23, 59, 59, 123456),
        "seconds": datetime(1, 1, 1, tzinfo=UTC),
        "moment": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        "days": [date(2024, 2, 29)],
        "moments": [datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 24, 6, 0, tzinfo=UTC)],
    }
    # The driver reads numbers within JSON as doubles: what the server holds is asked for as text.
    asked = """SELECT "any" ->> 'big', "select", "inner" #>> '{deep,1}' FROM shop"""
    assert shop.run(asked) == [[str(2**64 - 1), None, str(2**63 - 1)]]


def test_a_table_evolves_over_five_revisions(shop):
    first = [{"key": "id", "type": "STRING"}, {"key": "price", "type": "INT"}]
    second = [*first, {"key": "coupon", "type": "STRING", "presence": "optional", "description": "Of the till."}]
    third = [first[0], {"key": "price", "type": "FLOAT"}]
    fourth = [{**first[0], "presence": "optional"}, {"key": "price", "type": "ARRAY_STRING"}]
    fifth = [*first, {"key": "price__float", "type": "STRING"}]
    revisions = [revision(fields, number) for number, fields in enumerate([first, second, third, fourth, fifth], 1)]
    assert [shop.make(each) for each in revisions] == [
        [],
        [],
        [ColumnApart("price", "price__float")],
        [ColumnApart("price", "price__array_string")],
        [ColumnApart("price__float", "price__float__string")],
    ]
    values = [("a", 1), ("b", 2), ("c", 2.5), (None, ["x"]), ("e", 5)]
    lines = [
        line(number, revision_id=f"rev_{number}", **({} if key is None else {"id": key}), price=price)
        for number, (key, price) in enumerate(values, 1)
    ]
    assert shop.deliver(lines, *revisions).delivered.total() == 5
    assert shop.run("SELECT id, price, price__float, price__array_string FROM shop ORDER BY _event_id") == [
        ["a", 1, None, None],
        ["b", 2, None, None],
        ["c", None, 2.5, None],
        [None, None, None, ["x"]],
        ["e", 5, None, None],
    ]
    assert shop.run("SELECT col_description('shop'::regclass, 7)") == [["Of the till."]]
    assert [shop.make(each) for each in revisions[:3]] == [
        [],
        [],
        [ColumnApart("price", "price__float")],
    ]


def test_queries_of_the_table_run_and_name_columns_apart_by_their_fields(shop):
    text = revision([{"key": "amount", "type": "STRING"}, {"key": "k" * 70, "type": "INT"}], 2)
    shop.make(revision(AMOUNT))
    apart = dict(shop.make(text))
    now = datetime.now(UTC).isoformat()
    shop.deliver([line(1, revision_id="rev_2", received_at=now, amount="3")], text)
    columns = warehouse_columns(text.fields, "drop")
    environment = {"destination": shop.target.destination}
    asked = Asked(environment, columns, apart, "shop", OwnBucket("data"), None)
    readable = engines_of({"type": "postgres"}, asked.own_bucket)["postgres"](asked)
    newest, days, revisions, values = (shop.server.run(query.sql) for query in queries_of(readable, columns))
    assert [row[3:] for row in newest] == [["3", None]]
    assert [row[1] for row in days] == [1]
    assert [row[:2] for row in revisions] == [["rev_2", 1]]
    assert values == [["3", 1]]


def test_a_column_is_widened_and_freed_where_others_made_it_narrower(shop):
    required, optional = AMOUNT, [{**AMOUNT[0], "presence": "optional"}]
    shop.make(revision(required))
    shop.run("ALTER TABLE shop ALTER COLUMN amount TYPE smallint, ALTER COLUMN amount SET NOT NULL")
    shop.make(revision(required))
    assert shop.columns() == {"amount": ("bigint", True)}
    shop.make(revision(optional, 2))
    assert shop.columns() == {"amount": ("bigint", False)}
    shop.deliver([line(1, amount=2**40), line(2, revision_id="rev_2")], revision(required), revision(optional, 2))
    assert shop.run("SELECT amount FROM shop ORDER BY 1") == [[2**40], [None]]


def test_long_names_are_cut_and_end_in_a_hash(shop):
    keys = ["k" * 60 + end for end in ("abc", "abcd", "abce")]
    own = shop.make(revision([{"key": key, "type": "INT"} for key in keys]))
    assert [(column.field, len(column.column)) for column in own] == [(keys[1], 63), (keys[2], 63)]
    assert {column.column[:55] for column in own} == {"k" * 54 + "_"}
    shop.deliver(
        [line(1, **{key: number for number, key in enumerate(keys)})],
        revision([{"key": key, "type": "INT"} for key in keys]),
    )
    assert shop.run(f"SELECT {', '.join([keys[0], *(column.column for column in own)])} FROM shop") == [[0, 1, 2]]


def test_a_field_that_is_called_as_our_own_column_gets_another(shop):
    each = revision([{"key": "_object", "type": "STRING"}])
    assert shop.make(each) == [ColumnApart("_object", "_object__string")]
    shop.deliver([line(1, _object="x")], each)
    assert shop.run("SELECT _object__string FROM shop") == [["x"]]


def test_a_table_has_at_most_1500_columns_of_all_revisions(shop):
    def fields(start, end):
        return [{"key": f"f{number}", "type": "INT", "presence": "optional"} for number in range(start, end)]

    shop.make(revision(fields(0, 1_000)))
    shop.make(revision(fields(500, 1_496), 2))
    with pytest.raises(Undelivered, match="would have 1,501 columns; it can have 1,500") as raised:
        shop.make(revision(fields(1_496, 1_497), 3))
    assert not raised.value.retryable
    assert len(shop.columns()) == 1_496


# What is refused


def test_a_refused_row_is_set_aside_alone_with_a_reason_that_repeats_no_value(shop):
    fields = [{"key": "amount", "type": "INT"}, {"key": "name", "type": "STRING", "presence": "optional"}]
    shop.make(revision([*fields, {"key": "day", "type": "DATE", "presence": "optional"}]))
    shop.run("ALTER TABLE shop ADD CONSTRAINT is_even CHECK (amount % 2 = 0)")
    shop.run("CREATE UNIQUE INDEX one_name ON shop (name)")
    lines = [line(number, amount=2 * number) for number in range(3_000)]
    lines[7] = line(7, amount=7)
    lines[500] = line(500, amount=2, name="secret\x00value")
    lines[501] = line(501, amount=2, name="once")
    lines[502] = line(502, amount=2, name="once")
    lines[2_900] = line(2_900, amount=2, day="secret-31")
    lines[2_901] = line(2_901, amount="secret")
    each = revision([*fields, {"key": "day", "type": "DATE", "presence": "optional"}])
    outcomes = shop.deliver(lines, each)
    assert outcomes.delivered.total() == 2_995
    reasons = {row["event_id"]: row["reason"] for row in set_aside(outcomes)}
    assert reasons == {
        "evt_7": 'PostgreSQL says: new row for relation "shop" violates check constraint "is_even" (23514).',
        "evt_500": "PostgreSQL says: unsupported Unicode escape sequence (22P05).",
        "evt_502": 'PostgreSQL says: duplicate key value violates unique constraint "one_name" (23505).',
        "evt_2900": "PostgreSQL says: invalid input syntax for type date: … (22007).",
        "evt_2901": "PostgreSQL says: invalid input syntax for type bigint: … (22P02).",
    }
    assert shop.ids().total() == 2_995
    shop.run("ALTER TABLE shop DROP CONSTRAINT is_even")
    again = shop.deliver([b"  " + lines[7]], each, key="environment=env_1/dt=2026-11-02/hour=10/set-aside-0a.gz")
    assert again.delivered.total() == 1
    assert shop.ids()["evt_7"] == 1


def test_a_character_of_its_own_number_is_told_from_one_that_is_spelt_out(shop):
    each = revision([{"key": "any", "type": "JSON"}])
    lines = [line(1, any={"a": "\\u0000"}), line(2, any={"\x00": 1}), line(3, any=[["\x00"]])]
    outcomes = shop.deliver(lines, each)
    assert shop.run("SELECT _event_id, \"any\" ->> 'a' FROM shop") == [["evt_1", "\\u0000"]]
    assert [row["event_id"] for row in set_aside(outcomes)] == ["evt_2", "evt_3"]


def test_a_row_that_is_too_wide_is_set_aside_alone(shop):
    each = revision([{"key": f"f{number}", "type": "INT", "presence": "optional"} for number in range(1_400)])
    wide = line(1, **{f"f{number}": 2**62 for number in range(1_400)})
    outcomes = shop.deliver([line(0, f0=1), wide, line(2, f1=1)], each)
    assert shop.ids() == {"evt_0": 1, "evt_2": 1}
    (row,) = set_aside(outcomes)
    assert row["reason"].startswith("PostgreSQL says: row is too big")


def test_what_a_trigger_says_is_not_repeated(shop):
    shop.make(revision(AMOUNT))
    shop.run(
        f"CREATE FUNCTION {shop.schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.amount = 3 THEN RAISE EXCEPTION 'it was %', NEW; END IF; RETURN NEW; END $$; "
        f"CREATE TRIGGER refuse BEFORE INSERT ON shop FOR EACH ROW EXECUTE FUNCTION {shop.schema}.refuse()"
    )
    outcomes = shop.deliver([line(number, amount=number) for number in range(5)], revision(AMOUNT))
    assert [row["reason"] for row in set_aside(outcomes)] == ["A trigger of the table refused it (P0001)."]


@pytest.mark.parametrize("state", ["23514", "22023", "U0001", "42501"])
def test_what_a_trigger_says_under_the_state_of_another_fault_is_not_repeated(shop, state):
    shop.make(revision(AMOUNT))
    _raise_for_three(shop, state)
    outcomes = shop.deliver([line(number, amount=number) for number in range(5)], revision(AMOUNT))
    assert [row["reason"] for row in set_aside(outcomes)] == [f"A trigger of the table refused it ({state})."]


def test_an_object_waits_where_a_trigger_says_that_the_server_is_busy(shop):
    shop.make(revision(AMOUNT))
    _raise_for_three(shop, "55006")
    with pytest.raises(Undelivered) as raised:
        shop.deliver([line(3, amount=3), line(4, amount=4)], revision(AMOUNT))
    assert str(raised.value) == "A trigger of the table refused it (55006)."
    assert not shop.ids()


def test_a_value_that_is_longer_than_a_message_is_not_repeated(shop):
    outcomes = shop.deliver([line(1, amount="secret" * 300), line(2, amount=2)], revision(AMOUNT))
    assert [row["reason"] for row in set_aside(outcomes)] == [
        "PostgreSQL says: invalid input syntax for type bigint: … (22P02)."
    ]


@pytest.mark.parametrize(
    "message",
    [
        "ungültige Eingabesyntax für Typ date: »secret«",
        "syntaxe en entrée invalide pour le type date : « secret »",
        "nieprawidłowa składnia wejścia dla typu date: „secret”",
        "la sintaxis de entrada no es válida para tipo date: «secret»",
    ],
)
def test_a_value_is_not_repeated_in_the_quotes_of_other_languages(message):
    assert "secret" not in sentence("22007", message, "")


def test_text_stands_as_it_was_sent_whatever_encoding_a_role_has_set(shop):
    shop.server.run(f"ALTER ROLE {shop.schema} SET client_encoding = 'LATIN1'")
    sent = line(1, name="X").replace(b"X", "Köln 日本".encode())
    shop.deliver([sent], revision([{"key": "name", "type": "STRING"}]))
    assert shop.run("SELECT name FROM shop") == [["Köln 日本"]]


def test_a_table_that_refuses_everything_sets_nothing_aside(shop):
    shop.make(revision(AMOUNT))
    shop.run("ALTER TABLE shop ADD CHECK (amount < 0)")
    with pytest.raises(Undelivered, match="All events of an object are refused"):
        shop.deliver([line(number, amount=number) for number in range(100)], revision(AMOUNT))
    assert not shop.ids()


def test_lines_of_no_revision_and_of_no_stamps_are_set_aside(shop):
    damaged = [line(3, amount=1)[:-1] + end for end in (b"\xff}", b"\x00}", b"\t\r\\x")]
    lines = [b'{"a":1}', line(1, revision_id="rev_9"), line(2, amount=1), *damaged]
    outcomes = shop.deliver(lines, revision(AMOUNT))
    assert sorted(row["reason"] for row in set_aside(outcomes)) == [
        "PostgreSQL says: invalid input syntax for type json (22P02).",
        "The endpoint has no such revision.",
        "The line is no text.",
        "The line is no text.",
        "This line is none that ingest wrote.",
    ]
    assert shop.ids() == {"evt_2": 1}


# Once


def test_copies_are_one_row_and_repeats_of_senders_are_counted(shop):
    keyed, other = derived_event_ids("env_1", "key", [b"a", b"b"])
    own = line(1, amount=1)
    stamped = [own.replace(b"evt_1", event_id.encode()) for event_id in (keyed, other)]
    first = shop.deliver([own, stamped[0], b" " + own, stamped[0]], revision(AMOUNT))
    assert (first.delivered.total(), first.left_out.total(), first.repeats.total()) == (2, 2, 1)
    elsewhere = "environment=env_1/dt=2026-11-02/hour=11/two.gz"
    second = shop.deliver([b" " + own, *stamped], revision(AMOUNT), key=elsewhere)
    assert (second.delivered.total(), second.left_out.total(), second.repeats.total()) == (1, 2, 1)
    assert shop.ids() == {"evt_1": 1, keyed: 1, other: 1}
    assert shop.deliver([b" " + own, *stamped], revision(AMOUNT), key=elsewhere).delivered == second.delivered


class Dying:
    """A client whose sessions end the process before or after their call of a number, the opening included."""

    def __init__(self, client, dies_at, *, after):
        self.client, self.dies_at, self.after, self.calls = client, dies_at, after, 0

    def _called(self, work):
        number, self.calls = self.calls, self.calls + 1
        if number != self.dies_at:
            return work()
        if self.after:
            with suppress(PostgresError):
                done = work()
                if number == 0:
                    done.close()  # as the kernel does for a process that is gone
        raise Killed

    def open(self, *given):
        self.session = self._called(lambda: self.client.open(*given))
        return self

    def run(self, *given):
        return self._called(lambda: self.session.run(*given))

    def copy(self, *given):
        return self._called(lambda: self.session.copy(*given))

    def close(self):
        self.session.close()


@pytest.mark.parametrize("after", [False, True])
def test_whichever_call_a_writer_dies_at_every_event_is_there_once_and_counted_once(shop, after):
    shop.make(revision(AMOUNT))
    shop.run("ALTER TABLE shop ADD CHECK (amount <> 3)")
    lines = [line(number, amount=number) for number in range(5)]
    calls = 0
    while True:
        shop.run("DELETE FROM shop")
        dying = Dying(shop.client, calls, after=after)
        try:
            shop.deliver(lines, revision(AMOUNT), connector=PostgresConnector(dying))
        except Killed:
            calls += 1
        else:
            break
        outcomes = shop.deliver(lines, revision(AMOUNT))
        assert (outcomes.delivered.total(), len(set_aside(outcomes))) == (4, 1)
        assert shop.ids() == {f"evt_{number}": 1 for number in (0, 1, 2, 4)}
    assert calls > 10


def test_tables_of_many_revisions_that_are_there_take_as_many_calls_as_one(shop):
    revisions = [revision([{"key": f"f{number}", "type": "INT"}], number) for number in range(30)]
    counts = []
    for some in (revisions, revisions, revisions[:1]):
        counting = Dying(shop.client, None, after=False)
        PostgresConnector(counting).make_tables(shop.target, some)
        counts.append(counting.calls)
    assert counts[0] > 30
    assert counts[1] == counts[2] < 10


def test_two_writers_of_one_object_load_it_once(shop):
    lines = [line(number, amount=number) for number in range(500)]
    start = threading.Barrier(4)

    def deliver(_):
        start.wait()
        return shop.deliver(lines, revision(AMOUNT)).delivered.total()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(deliver, range(4))) == [500] * 4
    assert set(shop.ids().values()) == {1}
    assert shop.ids().total() == 500


def test_a_table_and_a_column_that_were_removed_are_made_again(shop):
    shop.make(revision(AMOUNT))
    shop.run("DROP TABLE shop")
    shop.deliver([line(1, amount=1)], revision(AMOUNT))
    shop.run("ALTER TABLE shop DROP COLUMN amount")
    shop.deliver([line(2, amount=2)], revision(AMOUNT), key="environment=env_1/dt=2026-11-02/hour=10/two.gz")
    assert shop.run("SELECT amount FROM shop ORDER BY _event_id") == [[None], [2]]


def test_a_lock_of_others_lets_an_object_wait(shop, postgres):
    shop.make(revision(AMOUNT))
    with postgres.session() as others:
        others.run(f"BEGIN; LOCK TABLE {shop.schema}.shop", 5.0)
        quick = PostgresConnector(Impatient(shop.client))
        with pytest.raises(Undelivered, match="lock timeout") as raised:
            shop.deliver([line(1, amount=1)], revision(AMOUNT), connector=quick)
        assert raised.value.retryable
    assert shop.deliver([line(1, amount=1)], revision(AMOUNT)).delivered.total() == 1


class Impatient(Dying):
    """A client whose sessions wait for no lock."""

    def __init__(self, client):
        super().__init__(client, None, after=False)

    def run(self, sql, seconds):
        return super().run(sql.replace("lock_timeout = 5000", "lock_timeout = 1"), seconds)


# Checks and connections


def test_a_table_of_others_is_left_alone(shop):
    shop.run("CREATE TABLE shop (id int)")
    assert shop.reason() == ("name", "shop is there already and is none of an environment; name another `table`.")
    shop.run("COMMENT ON TABLE shop IS 'ingest environment env_2'")
    with pytest.raises(Undelivered, match="belongs to another environment"):
        shop.make(revision(AMOUNT))
    with pytest.raises(Undelivered, match="belongs to another environment"):
        shop.deliver([line(1, amount=1)], revision(AMOUNT))


def test_a_check_says_what_is_missing(shop, postgres):
    right = shop.target
    shop.target = replace(right, secret=postgres.secret(user=shop.schema, password="wrong"))
    step, reason = shop.reason()
    assert step == "connect"
    assert "password authentication failed" in reason
    assert "wrong" not in reason
    shop.target = replace(right, destination={**right.destination, "schema": "nowhere"})
    assert shop.reason() == ("schema", "There is no schema nowhere; make it, or name another `schema`.")
    postgres.run(f"REVOKE CREATE ON SCHEMA {shop.schema} FROM {shop.schema}")
    shop.target = right
    assert shop.reason() == ("table", f"PostgreSQL says: permission denied for schema {shop.schema} (42501).")
    postgres.run(f"GRANT CREATE ON SCHEMA {shop.schema} TO {shop.schema}")
    postgres.run("REVOKE TEMPORARY ON DATABASE postgres FROM public")
    try:
        step, reason = shop.reason()
    finally:
        postgres.run("GRANT TEMPORARY ON DATABASE postgres TO public")
    assert (step, "permission denied to create temporary tables" in reason) == ("write", True)
    shop.target = replace(right, secret=None)
    assert shop.reason() == ("connect", "The connection string is gone; give the dsn again.")
    with pytest.raises(Misconfigured):
        shop.deliver([line(1, amount=1)], revision(AMOUNT))


def test_a_role_without_a_free_connection_is_asked_later(shop, postgres):
    postgres.run(f"ALTER ROLE {shop.schema} CONNECTION LIMIT 0")
    assert shop.reason() == (
        "connect",
        f'PostgreSQL says: too many connections for role "{shop.schema}" (53300).',
    )
    with pytest.raises(Undelivered) as raised:
        shop.deliver([line(1, amount=1)], revision(AMOUNT))
    assert raised.value.seconds == 30.0


def test_tls_is_checked_with_the_authority_that_was_given(shop, postgres):
    postgres.run(f"CREATE ROLE tls_only LOGIN PASSWORD '{PASSWORD}'")
    postgres.run(f"GRANT USAGE, CREATE ON SCHEMA {shop.schema} TO tls_only")
    with pytest.raises(Unreachable, match="certificate is not trusted"):
        shop.client.open(place_from_dsn(postgres.dsn("tls_only", sslmode="verify-full")), None, 10.0)
    dsn = postgres.dsn("tls_only", host="localhost", sslmode="verify-full")
    shop.target = replace(shop.target, secret=text_of_secret(PostgresSecret(dsn, postgres.ca_certificates)))
    assert [step.state for step in shop.connector.check(shop.target)] == ["passed"] * 5
    cut = postgres.ca_certificates[:200] + "-----END CERTIFICATE-----\n"
    shop.target = replace(shop.target, secret=text_of_secret(PostgresSecret(dsn, cut)))
    assert shop.reason() == ("connect", "The `ca_certificates` can't be read: give whole certificates in PEM.")
    without = postgres.dsn("tls_only", sslmode="disable")
    shop.target = replace(shop.target, secret=text_of_secret(PostgresSecret(without)))
    assert shop.reason()[0] == "connect"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[]],
        [["UTF8", "more"]],
        [[None]],
    ],
)
def test_a_check_names_a_server_that_answers_something_else(rows):
    connector = PostgresConnector(Saying(rows))
    secret = text_of_secret(PostgresSecret("postgresql://u:p@127.0.0.1/d"))
    (step,) = connector.check(Target("org_1", "env_1", {"schema": "s", "table": "t"}, secret))
    assert step.state == "failed"


def test_an_object_waits_while_a_server_answers_something_else():
    connector = PostgresConnector(Saying([["UTF8"]]))
    secret = text_of_secret(PostgresSecret("postgresql://u:p@127.0.0.1/d"))
    target = Target("org_1", "env_1", {"schema": "s", "table": "t"}, secret)
    with pytest.raises(Undelivered, match="no PostgreSQL"):
        connector.deliver(target, landed([line(1, amount=1)]), {"rev_1": revision(AMOUNT)}.get, Time().budget())


def test_a_state_that_is_none_is_not_repeated():
    assert sentence("22" + "x" * 1_000_000, "out of range", "") == "PostgreSQL says: out of range (XX000)."


class Saying:
    """A client of a server that answers everything with the same rows."""

    def __init__(self, rows):
        self._rows = rows

    def open(self, *_):
        return self

    def run(self, *_):
        return Answer(self._rows, 0)

    def copy(self, *_):
        return

    def close(self):
        return


def _raise_for_three(shop, state):
    shop.run(
        f"CREATE FUNCTION {shop.schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NEW.amount = 3 THEN RAISE EXCEPTION 'it was %', NEW USING ERRCODE = '{state}'; END IF; "
        "RETURN NEW; END $$; "
        f"CREATE TRIGGER refuse BEFORE INSERT ON shop FOR EACH ROW EXECUTE FUNCTION {shop.schema}.refuse()"
    )
