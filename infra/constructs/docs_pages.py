"""Which pages the docs have, by the files they are made of: `site/pages.js` makes them of the same."""

import json
import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_BESIDE_DOCS = _ROOT / "site" / "beside_docs.json"


def docs_pages() -> list[str]:
    """Return the address of every page below `/docs/`; the first page's is empty, that of a folder ends in `/`."""
    docs = _ROOT / "docs"
    in_docs = [path.relative_to(docs).as_posix() for path in docs.rglob("*.md")]
    pages = [re.sub(r"(^|/)README\.md$", r"\1index.md", name) for name in in_docs]
    pages += json.loads(_BESIDE_DOCS.read_text("utf-8")).values()
    return sorted(re.sub(r"(^|/)index\.md$", r"\1", page).removesuffix(".md") for page in pages)
