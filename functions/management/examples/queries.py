"""The example of queries of an environment's events."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from functions.management.examples.names import REVISION
from schemas.models.queries import EnvironmentQueries

QUERY_EXAMPLES: Mapping[type[BaseModel], Any] = MappingProxyType(
    {
        EnvironmentQueries: {
            "engine": "duckdb",
            "title": "DuckDB",
            "engines": [{"engine": "duckdb", "title": "DuckDB"}, {"engine": "spark", "title": "Apache Spark"}],
            "table": "shop_live",
            "revision_id": REVISION,
            "set_up": [
                {
                    "kind": "sql",
                    "title": "Open the table, and again to see later rows",
                    "text": 'CREATE OR REPLACE TEMP VIEW "shop_live" AS\nSELECT * FROM iceberg_scan(…);\n',
                }
            ],
            "queries": [
                {
                    "title": "Events of each day",
                    "sql": 'SELECT CAST("_received_at" AT TIME ZONE \'UTC\' AS DATE) AS "day", COUNT(*) AS "events"\n'
                    'FROM "shop_live"\nWHERE "_received_at" >= now() - INTERVAL 7 DAYS\nGROUP BY 1\nORDER BY 1;\n',
                }
            ],
            "notes": [
                "The extension iceberg reads what the table's newest metadata name, and no other files of the folder."
            ],
        },
    }
)
