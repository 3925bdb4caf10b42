"""Examples for the help of every command, by the words that call it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

EXAMPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "login": (
            "ingestctl login --address https://console.example.com",
            "ingestctl login --address http://127.0.0.1:8000 < .local/admin-token",
        ),
        "logout": ("ingestctl logout",),
        "whoami": ("ingestctl whoami --json",),
        "templates": ("ingestctl templates",),
        "endpoints list": ("ingestctl endpoints list",),
        "endpoints create": ("ingestctl endpoints create Shop", "ingestctl endpoints create Site --template segment"),
        "endpoints rename": ("ingestctl endpoints rename Shop 'Web shop'",),
        "endpoints delete": ("ingestctl endpoints delete Shop --confirm Shop",),
        "revisions list": ("ingestctl revisions list --endpoint Shop",),
        "revisions create": (
            "ingestctl revisions create --name 'Shop 2'",
            "ingestctl revisions create --template posthog",
        ),
        "revisions clone": ("ingestctl revisions clone @Production --name 'Shop 3'",),
        "revisions show": ("ingestctl revisions show 'Shop 2'",),
        "revisions pull": ("ingestctl revisions pull @Production --output shop.yaml",),
        "revisions push": (
            "ingestctl revisions push shop.yaml --check",
            "ingestctl revisions push shop.yaml --clone-of @Production",
        ),
        "revisions infer": (
            "ingestctl revisions infer samples.ndjson",
            "ingestctl revisions infer samples.ndjson --fit most --kinds-by /type",
        ),
        "revisions plan": ("ingestctl revisions plan segment plan.yaml",),
        "revisions validate": ("ingestctl revisions validate 'Shop 2' samples.ndjson",),
        "revisions try": (
            "ingestctl revisions try 'Shop 2' Production",
            "ingestctl revisions try 'Shop 2' Production --sample 50000 --fail-on-invalid",
        ),
        "revisions diff": ("ingestctl revisions diff @Production 'Shop 2' --fail-on breaking",),
        "revisions example": ("ingestctl revisions example 'Shop 2'",),
        "revisions finalise": ("ingestctl revisions finalise 'Shop 2'",),
        "revisions delete": ("ingestctl revisions delete 'Shop 3' --confirm 'Shop 3'",),
        "trials list": ("ingestctl trials list 'Shop 2'",),
        "trials show": ("ingestctl trials show trl_01jd8zs8a9r5g2v7k4x1c6m3bj",),
        "trials cancel": ("ingestctl trials cancel trl_01jd8zs8a9r5g2v7k4x1c6m3bj",),
        "types": (
            "ingestctl types --language typescript --environment Production --output src/events.ts",
            "ingestctl types --language python --revision 'Shop 2' --output events.py --check",
        ),
        "environments list": ("ingestctl environments list",),
        "environments create": (
            "ingestctl environments create Production --revision 'Shop 2' --wait",
            "ingestctl environments create Warehouse -r 'Shop 2' --destination @bigquery.json",
            "ingestctl environments create Tables -r 'Shop 2' --destination @postgres.json",
        ),
        "environments update": (
            "ingestctl environments update Production --rate-limit 500",
            "ingestctl environments update Production --origin https://shop.example --origin https://www.shop.example",
        ),
        "environments check": ("ingestctl environments check Production",),
        "environments show": ("ingestctl environments show Production",),
        "environments warehouse": (
            "ingestctl environments warehouse Production --engine duckdb > load.sql",
            "ingestctl environments warehouse Production --engine athena --show grants",
        ),
        "environments sql": (
            "ingestctl environments sql Production",
            "ingestctl environments sql Production --engine athena --show queries",
        ),
        "environments unknown-keys": ("ingestctl environments unknown-keys Production",),
        "environments delete": ("ingestctl environments delete Staging --confirm Staging",),
        "webhooks list": ("ingestctl webhooks list Production",),
        "webhooks set": ("ingestctl webhooks set Production github --scheme github < secret.txt",),
        "webhooks remove": ("ingestctl webhooks remove Production github",),
        "domain set": (
            "ingestctl domain set Production events.example.com --managed --wait",
            "ingestctl domain set Production events.example.com --certificate fullchain.pem --key privkey.pem",
        ),
        "domain show": ("ingestctl domain show Production",),
        "domain check": ("ingestctl domain check Production",),
        "domain remove": ("ingestctl domain remove Production --confirm events.example.com",),
        "alerts list": ("ingestctl alerts list Production",),
        "alerts create": (
            "ingestctl alerts create Production --kind rejected_share --percent 5 --target 'On call'",
            "ingestctl alerts create Production --kind silence --minutes 60 --target 'On call'",
        ),
        "alerts update": ("ingestctl alerts update Production rejected_share --percent 10",),
        "alerts test": ("ingestctl alerts test Production rejected_share",),
        "alerts delete": ("ingestctl alerts delete Production rejected_share",),
        "alert-targets list": ("ingestctl alert-targets list",),
        "alert-targets create": (
            "ingestctl alert-targets create Mail --kind email --email ops@example.com",
            "ingestctl alert-targets create 'On call' --kind webhook --url https://hooks.example.com/alerts",
        ),
        "alert-targets test": ("ingestctl alert-targets test 'On call'",),
        "alert-targets rotate": ("ingestctl alert-targets rotate 'On call'",),
        "alert-targets delete": ("ingestctl alert-targets delete 'On call'",),
        "deploy": (
            "ingestctl deploy Production 'Shop 2' --note 'Adds refunds' --wait",
            "ingestctl deploy Production 'Shop 2' --canary 10",
        ),
        "rollback": ("ingestctl rollback Production --note 'Not yet' --wait",),
        "deployments": ("ingestctl deployments Production",),
        "canary status": ("ingestctl canary status Production",),
        "canary promote": ("ingestctl canary promote Production --wait",),
        "canary abort": ("ingestctl canary abort Production",),
        "local": ("ingestctl local --schema shop.yaml --port 0",),
        "send": (
            "ingestctl send Production events.ndjson",
            """echo '{"event": "view"}' | ingestctl send Production -""",
        ),
        "events tail": (
            "ingestctl events tail Production",
            "ingestctl events tail Production --only outcome=quarantined --sample all --seconds 60",
        ),
        "expect": ("ingestctl expect Production --accepted 3 --invalid 0 --where event=purchase --within 30s",),
        "quarantine show": ("ingestctl quarantine show Production --code type_float",),
        "quarantine events": ("ingestctl quarantine events Production --pointer /price --limit 10",),
        "redrives start": (
            "ingestctl redrives start Production 'Shop 2' --dry-run --wait",
            "ingestctl redrives start Production 'Shop 2' --repair number_from_text:/price --wait",
        ),
        "redrives preview": ("ingestctl redrives preview Production 'Shop 2' --repair number_from_text:/price",),
        "redrives list": ("ingestctl redrives list Production",),
        "redrives show": ("ingestctl redrives show rdr_01jd8zs8a9r5g2v7k4x1c6m3bj",),
        "redrives cancel": ("ingestctl redrives cancel rdr_01jd8zs8a9r5g2v7k4x1c6m3bj",),
        "dead-letters queues": ("ingestctl dead-letters queues",),
        "dead-letters list": ("ingestctl dead-letters list spill",),
        "dead-letters show": ("ingestctl dead-letters show spill 3f1c9a",),
        "dead-letters redrive": ("ingestctl dead-letters redrive spill",),
        "set-aside list": ("ingestctl set-aside list",),
        "set-aside show": ("ingestctl set-aside show env_01jd8zs8a9r5g2v7k4x1c6m3bj-2026-11-25-04-1f3c",),
        "set-aside reasons": ("ingestctl set-aside reasons",),
        "set-aside redrive": (
            "ingestctl set-aside redrive --environment env_01jd8zs8a9r5g2v7k4x1c6m3bj --dry-run",
            "ingestctl set-aside redrive --all",
        ),
        "usage": (
            "ingestctl usage --environment Production --slice day",
            "ingestctl usage --environment Production --follow",
            "ingestctl usage --by protocol --from 7d",
        ),
        "doctor": ("ingestctl doctor --report report.md",),
    }
)


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command below a group, with the words that call it."""
    commands = getattr(command, "commands", None)
    if commands is None:
        yield " ".join(words), command
        return
    for name, below in commands.items():
        yield from leaves(below, (*words, name))


def add_examples(command: Any) -> None:
    """Put each command's examples at the end of its help."""
    for words, leaf in leaves(command):
        lines = EXAMPLES.get(words, ())
        if lines:
            leaf.epilog = "\n".join(
                ["\b", "Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)]
            )
