"""`gridgeo plan`: a plan from the draft to the map version, without the web page."""

import typer

from gridgeo.cli import plan_draw, plan_files, plan_look, plan_steps

app = typer.Typer(
    help="Draw, check, compare and publish plans: the only way to change the map.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

for part in (plan_draw, plan_look, plan_steps, plan_files):
    app.registered_commands.extend(part.app.registered_commands)
