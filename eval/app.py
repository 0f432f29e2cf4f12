"""The commands of `teamlore eval`, each in a file of eval/commands."""

import typer

from eval.commands.calibrate import calibrate
from eval.commands.comparing import compare
from eval.commands.corruptions import corruptions
from eval.commands.export import export
from eval.commands.gate import gate
from eval.commands.golden import app as golden
from eval.commands.golden_review import check, review
from eval.commands.judge import judge
from eval.commands.measure import answers, retrieval
from eval.commands.report import report
from eval.commands.runs import accept, runs
from eval.commands.selfcheck import self_check
from eval.commands.speed import speed

app = typer.Typer(help="Measure teamlore on packs of questions.", no_args_is_help=True)
app.command()(retrieval)
app.command()(answers)
app.command()(compare)
app.command()(runs)
app.command()(accept)
app.command()(gate)
app.command()(report)
app.command()(calibrate)
app.command()(self_check)
app.command()(export)
app.command()(speed)
app.command()(judge)
app.command()(corruptions)
golden.command()(review)
golden.command()(check)
app.add_typer(golden, name="golden")
