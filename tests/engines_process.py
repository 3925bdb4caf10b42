"""Runs statements in an engine of `.cache/engines` and writes the rows of each as JSON; `tests/engines.py` starts it.

It imports nothing of ours: its interpreter has the engines and not what we need.
"""

import json
import sys
from datetime import date


def _plain(value):
    return value.isoformat() if isinstance(value, date) else str(value)


def _duckdb(statements):
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for statement in statements:
        result = connection.execute(statement)
        yield [] if result.description is None else result.fetchall()


def _clickhouse(statements):
    from chdb.session import Session

    session = Session()
    for statement in statements:
        answer = session.query(statement, "JSONCompactEachRow")
        yield [json.loads(line) for line in str(answer).splitlines()]


def _snowflake(statements):
    import fakesnow
    import snowflake.connector

    with fakesnow.patch():
        cursor = snowflake.connector.connect(database="events", schema="public").cursor()
        for statement in statements:
            yield cursor.execute(statement).fetchall()


def main():
    sent = json.load(sys.stdin)
    rows = list(
        {"duckdb": _duckdb, "clickhouse": _clickhouse, "snowflake": _snowflake}[sent["engine"]](sent["statements"])
    )
    json.dump(rows, sys.stdout, default=_plain)


if __name__ == "__main__":
    main()
