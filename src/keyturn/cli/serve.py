"""``keyturn serve``."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from keyturn.admission.needs import InvalidNeed
from keyturn.cli.output import fail, note, say
from keyturn.cli.session import DatabaseUrl
from keyturn.database import StoreError
from keyturn.settings import HOST_DEFAULT, PORT_DEFAULT, SettingsError, load, unknown_variables

# What every Unix takes (macOS: 104 with its end).
UNIX_PATH_MAX: Final = 103


def serve(
    database_url: DatabaseUrl = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = HOST_DEFAULT,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port to listen on.")] = PORT_DEFAULT,
    uds: Annotated[
        Path | None, typer.Option("--uds", metavar="PATH", help="A Unix socket to listen on, in place of an address.")
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", exists=True, dir_okay=False, help="TLS certificate, a PEM file.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", exists=True, dir_okay=False, help="The certificate's private key.")
    ] = None,
) -> None:
    """Verify and manage keys over HTTP. It is ready when GET /readyz answers 200."""
    # A web server takes a while to load; the other commands do without.
    from keyturn.http.serving import run

    if (tls_certificate is None) != (tls_key is None):
        fail("--tls-certificate and --tls-key go together")
    if uds is not None:
        _check_socket(uds, tls_certificate)
    try:
        settings = load(database_url=database_url)
        for told in unknown_variables().values():
            note(told)
        run(settings, host, port, say, certificate=tls_certificate, private_key=tls_key, uds=uds)
    except (SettingsError, InvalidNeed, StoreError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _check_socket(path: Path, certificate: Path | None) -> None:
    """End the command where nothing can listen there. What is no socket is not replaced by one."""
    if certificate is not None:
        fail("--uds: a Unix socket is served without TLS; the proxy before it speaks TLS")
    if len(os.fsencode(path)) > UNIX_PATH_MAX:
        fail(f"--uds: the path of a Unix socket has at most {UNIX_PATH_MAX} bytes")
    if not path.parent.is_dir():
        fail(f"--uds: there is no directory {path.parent}")
    if path.exists() and not path.is_socket():
        fail(f"--uds: {path} is there and is no socket")
