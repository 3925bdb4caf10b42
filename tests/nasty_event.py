"""An event whose values break code that is put together carelessly, and the fields that accept it."""

NASTY_TEXTS = [
    "",
    " leading and trailing ",
    "'",
    '"',
    "'\"'\"'",
    'it\'s a "quote"',
    "`backtick` `",
    "\\",
    "\\\\",
    "\\'",
    '\\"',
    "\\u0022",
    "\\n is no newline",
    "ends with a backslash\\",
    "$& $1 $$ $HOME ${HOME} $(id) `id` #{1} #$0 {0} {{x}} %s %d %(a)s %%",
    "a & b &amp; &lt; &#39; a=1&b=2",
    "# + ? / = % %20 %22 + ;",
    "</script><script>alert(1)</script>",
    "<!-- --> <![CDATA[ ]]> <?php ?>",
    "*/ /* // -- ;",
    "line\nfeed\r\nreturn\ttab",
    "controls \x01\x08\x0b\x0c\x1b[31m\x7f\x80\x9f",
    "lines \u2028 \u2029 \x85 \ufeff",
    "é ß 日本 العربية \u202e",
    "😀 👩\u200d👩\u200d👧",
    "@/etc/hosts",
    "!! !history ~ * ? [a-z]",
    "EOF\nEVENT\n",
    "'; exit 1; '",
    '"); System.exit(1); ("',
]

NASTY_EVENT = {
    "texts": NASTY_TEXTS,
    "together": "".join(NASTY_TEXTS),
    "again": "".join(reversed(NASTY_TEXTS)),
    "exact": 9_007_199_254_740_993,
    "ratio": 0.1,
    "__proto__": "no prototype",
    "flag": True,
}

NASTY_FIELDS = [
    {"key": "texts", "type": "ARRAY_STRING"},
    {"key": "together", "type": "STRING"},
    {"key": "again", "type": "STRING"},
    {"key": "exact", "type": "INT"},
    {"key": "ratio", "type": "FLOAT"},
    {"key": "__proto__", "type": "STRING"},
    {"key": "flag", "type": "BOOLEAN"},
]
