"""What a browser shows at an ingest address that someone opens: what it is, and how events get there.

Imported the first time that happens.
"""

from html import escape
from string import Template

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.5rem; line-height: 1.2 }
code { font-size: .9em }
small { opacity: .7 }
</style>
<h1>$title</h1>
<p>$message</p>
$hint<p><small>$code · request $request_id</small></p>
</html>
""")
_HINT = """\
<p>Programs and web pages send JSON events here: as the body of a <code>POST</code> with
<code>Content-Type: application/json</code>, or in the query parameter <code>d</code> of a <code>GET</code>.
The console shows code for this address under <em>Install</em>.</p>
"""

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def address_page(code: str, message: str, request_id: str, *, is_without_event: bool) -> bytes:
    """Return the page; `is_without_event`: nothing is wrong but that no event was sent."""
    title = "This is an address for events" if is_without_event else "No events can be sent here now"
    return _PAGE.substitute(
        title=title,
        message="It works. Opening it in a browser sends nothing." if is_without_event else escape(message),
        hint=_HINT if is_without_event else "",
        code=escape(code),
        request_id=escape(request_id),
    ).encode()
