"""Passwords that somebody gives a command: never an argument, so that they are in no shell history."""

import sys
from typing import Annotated

import typer

from keyturn.cli.output import fail

PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def asked_password(from_stdin: bool) -> str:
    """The password, read from standard input, or asked for twice in the terminal."""
    if from_stdin:
        try:
            return sys.stdin.buffer.readline().decode().rstrip("\r\n")
        except UnicodeDecodeError:
            fail("the password on standard input is not text in UTF-8")
    if not sys.stdin.isatty():
        fail("no terminal to ask for the password; use --password-stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
