"""The shell blocks of the docs: `sh` is what a reader pastes, `console` what one types, with what is answered."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = tuple(
    sorted(
        path.relative_to(ROOT).as_posix()
        for pattern in ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "clients/*/README.md", "console/README.md")
        for path in ROOT.glob(pattern)
    )
)
GUIDE = (
    "docs/quickstart.md",
    "docs/fields.md",
    "docs/ingest.md",
    "docs/install.md",
    "docs/destinations.md",
    "docs/usage.md",
    "docs/live.md",
    "docs/alerts.md",
    "docs/quarantine.md",
    "docs/modelling.md",
    "docs/coming-from.md",
    "docs/protocols/cloudevents.md",
    "docs/sending.md",
    "docs/which-alerts.md",
    "docs/troubleshooting.md",
    "docs/custom-domains.md",
    "docs/management.md",
    "docs/access.md",
    "docs/json-schema.md",
    "docs/inference.md",
)
"""Read one after the other, in one shell."""
JOB = ("docs/ingestctl.md", "docs/typed-code.md", "docs/warehouses.md", "docs/reading.md")
"""The same for `ingestctl`."""


@dataclass(frozen=True)
class Block:
    """Lines of a page that are marked as `language`."""

    page: str
    line: int
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Return what is typed at each `$` of a console."""
        found, lines = [], iter(self.text.splitlines())
        for line in lines:
            if line.lstrip().startswith("$ "):
                command = line.lstrip()[2:]
                while command.endswith("\\") or not _is_whole(command):
                    command = command.removesuffix("\\") + "\n" * (not command.endswith("\\")) + next(lines).strip()
                found.append(command)
        return found


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


def blocks_of(page: str) -> list[Block]:
    """Return the marked blocks of a page, in order."""
    text = (ROOT / page).read_text("utf-8")
    return [
        Block(page, text[: found.start()].count("\n") + 1, found[1], found[2])
        for found in re.finditer(r"^ *```(\w*)[^\n]*\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    ]


def pasted(page: str) -> list[str]:
    """Return what a page tells its reader to paste."""
    return [block.text for block in blocks_of(page) if block.language == "sh"]
