"""The commands of `teamlore eval`, each in a file of eval/commands."""

import typer

from eval.commands.comparing import compare
from eval.commands.measure import answers, retrieval

app = typer.Typer(help="Measure teamlore on packs of questions.", no_args_is_help=True)
app.command()(retrieval)
app.command()(answers)
app.command()(compare)
