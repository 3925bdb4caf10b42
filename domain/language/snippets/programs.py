"""The snippets themselves: each takes an address and the text of an event, and is complete.

They need nothing but what comes with the language. Programs print the answer, and are put together by f-strings only:
nothing of an event is ever read as a template.
"""

import re
from base64 import urlsafe_b64encode

from domain.client_script import HASH, INTEGRITY
from domain.language.snippets import literals

_LONG_NUMBER = re.compile(r"[0-9]{16}")
"""Perhaps one that JavaScript rounds."""


def pixel_query(text: str) -> str:
    """Return what a pixel's query says; base64url leaves nothing that a URL or a page would read otherwise."""
    return "d=" + urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def pixel(address: str, text: str) -> str:
    source = literals.attribute_literal(address + ("&" if "?" in address else "?") + pixel_query(text))
    return f'<img src={source} width="1" height="1" alt="">\n'


def curl(address: str, text: str) -> str:
    return f"""\
curl -sS {literals.shell_literal(address)} \\
  -H 'Content-Type: application/json' \\
  --data-raw {literals.shell_literal(text)}
"""


def fetch(address: str, text: str) -> str:
    return f"""\
fetch({literals.script_literal(address)}, {{
  method: 'POST',
  headers: {{'Content-Type': 'application/json'}},
  body: {literals.script_literal(text)},
}}).then((response) => response.json()).then((answer) => console.log(answer));
"""


def beacon(address: str, text: str) -> str:
    return f"""\
navigator.sendBeacon(
  {literals.script_literal(address)},
  {literals.script_literal(text)},
);
"""


def script(address: str, text: str) -> str:
    """Return the client for pages, of the same origin as the address, and one event of it."""
    source = literals.attribute_literal(f"{address.partition('?')[0]}/js/ingest.{HASH}.js")
    return f"""\
<script src={source} integrity="{INTEGRITY}" crossorigin
  data-address={literals.attribute_literal(address)} defer></script>
<script type="module">
  ingest.track({_object(text)});
</script>
"""


def node_client(address: str, text: str) -> str:
    return f"""\
// npm install <checkout>/clients/javascript
import {{ createClient }} from 'ingest-endpoints-client';

const client = createClient({{ address: {literals.script_literal(address)} }});
client.send({_object(text)}).then((result) => console.log(result));
"""


def python_client(address: str, text: str) -> str:
    return f"""\
# pip install <checkout>/clients/python
import json

from ingest_endpoints import Client

with Client({literals.python_literal(address)}) as client:
    print(client.send(json.loads({literals.python_literal(text)})))
"""


def _object(text: str) -> str:
    """Return an event as an expression of JavaScript; its text where an object would hold something else."""
    if "__proto__" in text or _LONG_NUMBER.search(text):
        return literals.script_literal(text)
    return text.replace("<", "\\u003c")


def node(address: str, text: str) -> str:
    return f"""\
fetch({literals.script_literal(address)}, {{
  method: 'POST',
  headers: {{'Content-Type': 'application/json'}},
  body: {literals.script_literal(text)},
}}).then(async (response) => console.log(response.status, await response.text()));
"""


def python(address: str, text: str) -> str:
    return f"""\
import urllib.request

request = urllib.request.Request(
    {literals.python_literal(address)},
    data={literals.python_literal(text)}.encode(),
    headers={{'Content-Type': 'application/json'}},
)
with urllib.request.urlopen(request) as response:
    print(response.status, response.read().decode())
"""


def go(address: str, text: str) -> str:
    return f"""\
package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

func main() {{
	body := strings.NewReader({literals.go_literal(text)})
	response, err := http.Post({literals.go_literal(address)}, "application/json", body)
	if err != nil {{
		panic(err)
	}}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {{
		panic(err)
	}}
	fmt.Println(response.StatusCode, string(answer))
}}
"""


def java(address: str, text: str) -> str:
    """Return a program that names HTTP/1.1: Java asks for an upgrade else, which not every server takes with a body."""
    return f"""\
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class SendEvent {{
    public static void main(String[] arguments) throws Exception {{
        HttpRequest request = HttpRequest.newBuilder(URI.create({literals.java_literal(address)}))
            .version(HttpClient.Version.HTTP_1_1)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString({literals.java_literal(text)}))
            .build();
        HttpResponse<String> response =
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(response.statusCode() + " " + response.body());
    }}
}}
"""


def csharp(address: str, text: str) -> str:
    return f"""\
using System;
using System.Net.Http;
using System.Text;

using var client = new HttpClient();
using var body = new StringContent({literals.csharp_literal(text)}, Encoding.UTF8, "application/json");
using var response = await client.PostAsync({literals.csharp_literal(address)}, body);
Console.WriteLine((int)response.StatusCode + " " + await response.Content.ReadAsStringAsync());
"""


def php(address: str, text: str) -> str:
    return f"""\
<?php
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => 'Content-Type: application/json',
    'content' => {literals.php_literal(text)},
    'ignore_errors' => true,
]]);
echo file_get_contents({literals.php_literal(address)}, false, $context), "\\n";
"""


def ruby(address: str, text: str) -> str:
    return f"""\
require 'net/http'

response = Net::HTTP.post(
  URI({literals.ruby_literal(address)}),
  {literals.ruby_literal(text)},
  'Content-Type' => 'application/json'
)
puts response.code, response.body
"""
