"""The help of every command ends with examples, and each of them is a command that the command line understands."""

import re
import shlex
import subprocess
import sys

import pytest
import typer.main

from ingestctl.__main__ import app
from ingestctl.examples import EXAMPLES, add_examples, leaves

COMMANDS = dict(leaves(typer.main.get_command(app)))
LINES = [line for lines in EXAMPLES.values() for line in lines]


def words_of(line):
    """Return the arguments that a shell would give to `ingestctl`."""
    call = line.split(" | ")[-1].split(" < ")[0].split(" > ")[0]
    name, *words = shlex.split(call)
    assert name == "ingestctl"
    return words


def groups_of(command):
    """Return a group and all groups below it."""
    below = [one for one in command.commands.values() if hasattr(one, "commands")]
    return [command, *(group for one in below for group in groups_of(one))]


def test_no_line_of_a_list_of_commands_is_cut():
    for group in groups_of(typer.main.get_command(app)):
        room = 80 - len("    ") - len("  ") - max(map(len, group.commands))
        for command in group.commands.values():
            assert not command.get_short_help_str(room).endswith("..."), command.help


def test_every_command_has_examples_and_no_other():
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize("line", LINES)
def test_an_example_is_understood(line):
    words = words_of(line)
    name = next(name for name, lines in EXAMPLES.items() if line in lines)
    depth = len(name.split())
    assert " ".join(words[:depth]) == name
    COMMANDS[name].make_context(name, words[depth:])


def test_what_is_no_option_is_no_example():
    with pytest.raises(Exception, match="No such option"):
        COMMANDS["whoami"].make_context("whoami", ["--colour"])


def test_help_ends_with_the_examples_line_by_line():
    command = typer.main.get_command(app)
    add_examples(command)
    leaf = dict(leaves(command))["environments update"]
    shown = leaf.get_help(leaf.make_context("environments update", ["Production"]))
    assert shown.rstrip().endswith("\n".join(f"    {line}" for line in EXAMPLES["environments update"]))


def test_the_rate_limit_is_said_to_be_of_events():
    for name in ("environments create", "environments update"):
        (option,) = [option for option in COMMANDS[name].params if "--rate-limit" in option.opts]
        assert option.help.startswith("Events per second")


def test_the_command_line_shows_examples():
    call = [sys.executable, "-m", "ingestctl", "send", "--help"]
    shown = subprocess.run(call, capture_output=True, text=True, check=True, timeout=60).stdout
    assert re.search(r"Examples:\n +ingestctl send Production events.ndjson\n", shown)
