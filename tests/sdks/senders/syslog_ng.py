"""Runs syslog-ng: it follows a file of lines, and sends them in batches until none is left."""

import json
import subprocess
import tempfile
import time
from pathlib import Path

from common import order

CONFIG = """\
@version: 3.38
options {{ stats-freq(0); }};
source lines {{ file("{folder}/lines" flags(no-parse) follow-freq(0.1)); }};
destination ingest {{
  http(
    url("{address}/ndjson") method("POST") body("$MESSAGE")
    batch-lines(100) batch-timeout(100) time-reopen(1)
  );
}};
log {{ source(lines); destination(ingest); }};
"""
ASK_SECONDS = 0.1
SEND_SECONDS = 30


def counts(control: Path) -> dict[str, int]:
    """Return how many messages of the destination were written and dropped; nothing while it starts."""
    told = subprocess.run(
        ["syslog-ng-ctl", "stats", f"--control={control}"], capture_output=True, text=True, check=False
    ).stdout
    rows = [row.split(";") for row in told.splitlines()]
    return {row[4]: int(row[5]) for row in rows if row[0] == "dst.http" and row[4] in {"written", "dropped"}}


with order() as (address, _, calls, failed), tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "lines").write_text("".join(json.dumps(call, ensure_ascii=False) + "\n" for call in calls))
    (folder / "syslog-ng.conf").write_text(CONFIG.format(folder=folder, address=address))
    control = folder / "control"
    shipper = subprocess.Popen(
        [
            "syslog-ng",
            "--foreground",
            "--no-caps",
            f"--cfgfile={folder / 'syslog-ng.conf'}",
            f"--persist-file={folder / 'persist'}",
            f"--pidfile={folder / 'pid'}",
            f"--control={control}",
        ],
    )
    try:
        deadline = time.monotonic() + SEND_SECONDS
        while sum(counts(control).values()) < len(calls) and time.monotonic() < deadline:
            time.sleep(ASK_SECONDS)
        found = counts(control)
        if found.get("written") != len(calls):
            failed(found)
    finally:
        shipper.terminate()
        shipper.wait()
