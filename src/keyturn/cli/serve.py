"""``keyturn serve``."""

from pathlib import Path
from typing import Annotated

import typer

from keyturn.admission.needs import InvalidNeed
from keyturn.cli.output import fail, say
from keyturn.cli.session import DatabaseUrl
from keyturn.database import StoreError
from keyturn.settings import HOST_DEFAULT, PORT_DEFAULT, SettingsError, load


def serve(
    database_url: DatabaseUrl = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = HOST_DEFAULT,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port to listen on.")] = PORT_DEFAULT,
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
    try:
        settings = load(database_url=database_url)
        run(settings, host, port, say, certificate=tls_certificate, private_key=tls_key)
    except (SettingsError, InvalidNeed, StoreError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
