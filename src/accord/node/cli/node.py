"""accord node: run a node and keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from accord.core.errors import BadInput
from accord.node.cli import backup, output, tokens, users
from accord.node.cli.options import HomeOption, open_home
from accord.node.errors import Msg

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Run this agency's node.")
app.add_typer(users.app, name="user")
app.add_typer(tokens.agencies, name="agency")
app.add_typer(tokens.app, name="token")

_RUN_EPILOG = """Examples:

\b
  accord node run
  accord node run --host 0.0.0.0 --port 443 --tls-cert cert.pem --tls-key key.pem
  accord node run --no-worker                       the desk alone; the worker is another service

Settings come from ACCORD_… variables or from accord.toml in the home folder. Ctrl-C stops the node and all that it started."""


@app.command("run", epilog=_RUN_EPILOG)
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Also send orders, ask banks and watch clocks.")] = True,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", help="Serve TLS with this certificate chain (PEM).", show_default=False)
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", help="The certificate's key (PEM, PKCS #8).", show_default=False)
    ] = None,
    home: HomeOption = None,
) -> None:
    """Serve the desk and, unless told not to, the worker that talks to the banks."""
    node_home = open_home(home)
    if (tls_cert is None) != (tls_key is None):
        raise BadInput(Msg.TLS_CERT_TLS_KEY_GO_TOGETHER, where="accord node run")
    from accord.node import serve
    from accord.node.tls import Tls

    tls = Tls(tls_cert, tls_key) if tls_cert and tls_key else None
    serve.run(node_home, host=host, port=port, worker=worker, tls=tls)


@app.command("work", epilog="Example:  accord node work --home /srv/accord")
def work(home: HomeOption = None) -> None:
    """Work without serving the desk: send orders, ask banks and watch clocks. Any number of workers may run."""
    node_home = open_home(home)
    from accord.node import serve

    serve.work(node_home)


@app.command("migrate", epilog="Example:  accord node migrate --home /srv/accord")
def migrate(home: HomeOption = None) -> None:
    """Bring the operational store's tables up to this version; safe to repeat."""
    node_home = open_home(home)
    from accord.node import serve

    serve.prepare(node_home)
    output.note(f"The operational store of {node_home.root} is up to date.")


app.command("backup", epilog=backup.BACKUP_EPILOG)(backup.backup)
app.command("restore", epilog=backup.RESTORE_EPILOG)(backup.restore)
