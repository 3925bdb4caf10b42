"""Every shell block of the docs is run by a test, or stands here with the reason and is looked up as far as can be."""

import json
import re
import shlex
import subprocess
from itertools import pairwise, takewhile

import botocore.session
import pytest
import typer.main
from botocore import xform_name

from ingestctl.__main__ import app
from ingestctl.examples import leaves
from tests.shell_blocks import GUIDE, JOB, PAGES, ROOT, blocks_of

RUN = {"README.md", *GUIDE, *JOB}
"""Their `sh` blocks: by tests/e2e/test_readme.py and tests/e2e/test_ingestctl.py."""
NOT_PASTED = {
    "clients/javascript/README.md": "asks npm's registry; tests/clients/test_fixtures.py uses the package it makes",
    "clients/python/README.md": "asks PyPI for flit_core; tests/clients/test_fixtures.py installs the package without",
}
NOT_TYPED = {
    "make": "starts servers, installs, or deploys; targets and variables are looked up in the Makefile",
    "ingestctl": "asks, waits, or names what a reader has; parsed, and each command is run in tests/e2e",
    "aws": "looked up in AWS's own description of its API; tests/e2e_aws/test_commands.py runs it in the emulated AWS",
    "gcloud": "needs an account of Google Cloud, whose command line no package index has: read in its reference",
    "bq": "the same",
    "certbot": "asks Let's Encrypt; tests/e2e_aws/test_commands.py has its own parser read it",
    "uv": "asks PyPI; tests/architecture/test_installed_command.py runs it among the slow tests",
    "npm": "builds or serves; its scripts are looked up in package.json",
    ".venv/bin/python": "writes into the checkout, or asks; a module is looked up",
    ".venv/bin/pytest": "runs tests; the path is looked up",
    "cat": "shows a file of the reader's",
    "echo": "writes a file of the reader's",
    "sudo": "makes a database in a PostgreSQL of the reader's",
    "PATH": "sets a variable",
    "python3": "removes a table of a lake; tests/unit/test_lake_removal.py runs it",
    "rm": "removes its files; the same",
}
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
TYPED = [(block, command) for block in BLOCKS if block.language == "console" for command in block.commands]
AWS = botocore.session.get_session()
AWS_OPTIONS = {"cli-binary-format", "output", "query"}
"""What every command of `aws` has, of those that the docs use."""
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
VARIABLES = {
    *re.findall(r"\$\((\w+)\)", MAKEFILE),
    *re.findall(r"\b([A-Z_]+)\b", (ROOT / "local/settings.py").read_text()),
}


def words_of(command):
    """Return the words of a command, without variables before it, redirections and what comes after it."""
    inner = re.fullmatch(r"\w+=\$\((.*)\)", command, re.DOTALL)
    split = shlex.shlex(inner[1] if inner else command, posix=True, punctuation_chars=True)
    split.whitespace_split = True
    return list(takewhile(lambda word: word not in {"|", ">", "<", "&&", ";"}, split))


def program_of(command):
    words = [word for word in words_of(command) if not re.match(r"[A-Z_]+=", word)]
    return words[0] if words else words_of(command)[0].split("=")[0]


def options_of(words):
    return {word[2:].split("=")[0] for word in words if word.startswith("--")}


def kinds_of_shorthand(shape, text):
    """Return the keys that AWS's shorthand gives, if `shape` is a structure and the text no JSON or variable."""
    if shape.type_name != "structure" or text[:1] in "{$":
        return set()
    return {part.split("=")[0] for part in text.split(",")} - set(shape.members)


def unknown_to_aws(words):
    """Return what AWS's API does not have of a call of `aws`."""
    service, operation, *rest = words
    service = {"s3api": "s3"}.get(service, service)
    if operation == "wait":
        waiters = {xform_name(name, "-") for name in AWS.get_waiter_model(service).waiter_names}
        return {rest[0]} - waiters
    model = AWS.get_service_model(service)
    named = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in named:
        return {operation}
    shape = model.operation_model(named[operation]).input_shape
    members = {xform_name(name, "-"): name for name in shape.members}
    given = options_of(rest)
    unknown = given - set(members) - AWS_OPTIONS
    missing = {xform_name(name, "-") for name in shape.required_members} - given
    for option, value in pairwise(rest):
        if option[2:] in members and not value.startswith("--"):
            unknown |= kinds_of_shorthand(shape.members[members[option[2:]]], value)
    return unknown | missing


def place(block):
    return f"{block.page}:{block.line}"


def test_every_page_with_something_to_paste_is_run_or_has_a_reason():
    pages = {block.page for block in BLOCKS if block.language == "sh"}
    assert pages - RUN == set(NOT_PASTED)
    assert len(RUN & pages) > 20


def test_every_command_to_type_is_run_or_has_a_reason():
    assert {program_of(command) for _, command in TYPED} == set(NOT_TYPED)
    assert len(TYPED) > 60


def test_no_command_hides_in_a_block_of_another_kind():
    commands = re.compile(r"^\s*(?:\$ \w|(?:curl|ingestctl|aws|make|npm|pip|docker|gcloud) [\w-])", re.MULTILINE)
    others = [block for block in BLOCKS if block.language not in {"sh", "console"}]
    assert [place(block) for block in others if commands.search(block.text)] == []
    assert [place(block) for block in BLOCKS if block.language in {"bash", "shell", "zsh"}] == []


def test_every_command_is_one_to_a_shell():
    commands = [block.text for block in BLOCKS if block.page in NOT_PASTED and block.language == "sh"]
    commands += [re.sub(r"<[a-z ]+>", "X", command) for _, command in TYPED]
    for command in commands:
        done = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), command


def typed(program):
    """Return the cases of a program, each with its words after that name."""
    found = [(block, words_of(command)) for block, command in TYPED if program_of(command) == program]
    return [pytest.param(words, id=f"{place(block)} {' '.join(words)[:60]}") for block, words in found]


@pytest.mark.parametrize("words", typed("make"))
def test_what_is_made_can_be_made(words):
    targets = re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE)
    at = words.index("make")
    given = [word.split("=")[0] for word in [*words[:at], *words[at + 1 :]] if "=" in word]
    assert [word for word in words[at + 1 :] if "=" not in word and word not in targets] == []
    assert [name for name in given if name not in VARIABLES] == []


@pytest.mark.parametrize("words", typed("ingestctl"))
def test_what_is_typed_to_ingestctl_is_understood(words):
    commands = dict(leaves(typer.main.get_command(app)))
    if words == ["ingestctl", "--version"]:
        return
    name = next(name for depth in (2, 1) if (name := " ".join(words[1 : 1 + depth])) in commands)
    commands[name].make_context(name, words[1 + len(name.split()) :])


@pytest.mark.parametrize("words", typed("aws"))
def test_what_is_asked_of_aws_is_there(words):
    assert unknown_to_aws(words[1:]) == set()


@pytest.mark.parametrize("words", typed("npm"))
def test_what_npm_runs_is_a_script(words):
    words = words[words.index("npm") :]
    folder = words[words.index("--prefix") + 1]
    script = words[words.index("--prefix") + 2 :]
    name = script[1] if script[0] == "run" else script[0]
    assert name in json.loads((ROOT / folder / "package.json").read_text())["scripts"]


@pytest.mark.parametrize("words", [*typed(".venv/bin/python"), *typed(".venv/bin/pytest")])
def test_what_python_runs_is_there(words):
    if len(words) == 1:
        return  # a session of the interpreter
    path = f"{words[2].replace('.', '/')}.py" if words[1] == "-m" else words[1]
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    ("call", "unknown"),
    [
        ("lambda invoke --function-name a --payload {} --nothing 1", {"nothing"}),
        ("lambda invoke --payload {}", {"function-name"}),
        ("lambda envoke", {"envoke"}),
        ("dynamodb wait table-is-there", {"table-is-there"}),
        ("dynamodb update-time-to-live --table-name a --time-to-live-specification Enable=true", {"Enable"}),
    ],
)
def test_a_wrong_call_of_aws_is_found(call, unknown):
    assert unknown_to_aws(call.split()) == unknown
