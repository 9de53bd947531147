"""`gridgeo serve`: the server alone, in the foreground."""

from typing import Annotated

import typer

from gridgeo.cli import supervisor

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port; otherwise GRIDGEO_PORT or 8000.")] = None,
) -> None:
    """Serve API, tiles and console until stopped; the database must be prepared.

    Example: `gridgeo serve --port 8080`
    """
    supervisor.run(port)
