"""What the docs say removes a lake's table on one machine, on a catalog of a local run."""

import shlex
import subprocess

from connectors.lake.catalogs import LocalLakes
from connectors.lake.tables import ensure_table
from domain.delivery.connectors import Target
from domain.errors import Undelivered
from tests.shell_blocks import blocks_of

MANAGED = {"type": "lake", "managed": True, "table_format": "iceberg", "table": "shop_production"}


def test_a_table_of_a_deleted_environment_is_removed_as_documented_and_its_name_is_free(tmp_path):
    lakes = LocalLakes(tmp_path / "lake", tmp_path / "objects", "data")
    gone, coming = (Target("org_1", name, MANAGED) for name in ("env_gone", "env_coming"))
    ensure_table(lakes.open(gone), gone)
    other = Target("org_1", "env_other", {**MANAGED, "table": "other"})
    ensure_table(lakes.open(other), other)
    try:
        ensure_table(lakes.open(coming), coming)
    except Undelivered as refused:
        assert "belongs to another environment" in str(refused)  # noqa: PT017
    else:
        raise AssertionError("a table of another environment was taken")
    (block,) = [block for block in blocks_of("docs/destinations.md") if "DELETE FROM iceberg_tables" in block.text]
    for command in block.commands:
        here = command.replace(".local/", f"{tmp_path}/").replace("org_…", "org_1")
        subprocess.run(shlex.split(here), check=True)
    lakes = LocalLakes(tmp_path / "lake", tmp_path / "objects", "data")
    assert {owner for _, _, owner in lakes.tables()} == {"env_other"}
    ensure_table(lakes.open(coming), coming)
    assert {owner for _, _, owner in lakes.tables()} == {"env_other", "env_coming"}
