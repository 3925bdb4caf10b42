"""The prices and assumptions that `docs/cost.md` is computed from, as it repeats them."""

from dataclasses import fields

from benchmarks.prices import ASSUMED, PRICES


def stated() -> list[str]:
    """Return the section of the document."""
    prices = [(name.replace("_", " "), price) for name, price in PRICES._asdict().items()]
    assumed = [(field.name.replace("_", " "), getattr(ASSUMED, field.name)) for field in fields(ASSUMED)]
    return [
        "## What is assumed",
        "",
        "| list price | dollars | for a |",
        "|---|---|---|",
        *(
            f"| {name} ([page]({_page(price.page)})) | {_plain(price.dollars)} | {price.unit} |"
            for name, price in prices
        ),
        "",
        "| assumption | |",
        "|---|---|",
        *(f"| {name} | {value:,} |" for name, value in assumed),
        "",
        "A handler is billed for waiting, too: most of its milliseconds pass until the stream has said that it keeps",
        "the records. With less memory a request waits as long and costs less, until CPU time begins to show.",
        "",
    ]


def _plain(dollars: float) -> str:
    return f"{dollars:.10f}".rstrip("0").ljust(4, "0")


def _page(page: str) -> str:
    if page == "bigquery":
        return "https://cloud.google.com/bigquery/pricing"
    product = {"elasticloadbalancing": "elasticloadbalancing", "ec2 on-demand": "ec2/pricing/on-demand"}.get(page, page)
    return f"https://aws.amazon.com/{product}/" + ("" if "pricing" in product else "pricing/")
