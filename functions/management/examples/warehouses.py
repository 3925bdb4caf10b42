"""The example of a script for a warehouse."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from functions.management.examples.names import ENVIRONMENT, REVISION
from schemas.models.warehouse import WarehouseScript

WAREHOUSE_EXAMPLES: Mapping[type[BaseModel], Any] = MappingProxyType(
    {
        WarehouseScript: {
            "engine": "duckdb",
            "title": "DuckDB",
            "table": "shop_live",
            "revision_id": REVISION,
            "from_revision_id": None,
            "script": '-- DuckDB: …\n\nCREATE OR REPLACE VIEW "shop_live_rows" AS\nSELECT …;\n\n'
            'CREATE OR REPLACE VIEW "shop_live" AS\nSELECT …;\n',
            "check": 'SELECT count(*) AS events, max("_received_at") AS newest\nFROM "shop_live";\n',
            "grants": [
                {
                    "kind": "policy",
                    "title": "Permissions of the AWS credentials that DuckDB uses",
                    "document": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                                "Resource": f"arn:aws:s3:::my-events/raw/environment={ENVIRONMENT}/*",
                            }
                        ],
                    },
                    "command": None,
                }
            ],
            "notes": ["A value that does not fit its column's type is NULL."],
        },
    }
)
