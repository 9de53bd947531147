"""`gridgeo down`: stop what `gridgeo up` started."""

import shutil
from typing import Annotated

import typer

from gridgeo.cli import server
from gridgeo.db.cluster import Cluster
from gridgeo.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def down(
    purge: Annotated[
        bool, typer.Option("--purge", help="Also delete the databases of all cities.")
    ] = False,
) -> None:
    """Stop this checkout's server and cluster; nothing else is touched, nothing is lost.

    Example: `gridgeo down --purge` starts from nothing the next time.
    """
    settings = load_settings()
    typer.echo("server stopped" if server.stop(settings) else "no server was running")
    cluster = Cluster(settings.cluster_dir)
    typer.echo("cluster stopped" if cluster.stop() else "no cluster was running")
    if purge:
        cluster.purge()
        settings.local_file.unlink(missing_ok=True)
        shutil.rmtree(settings.index_folder, ignore_errors=True)
        typer.echo("databases deleted")
