"""What is told of models that judge, beside how far they agree with people."""

from collections.abc import Collection, Sequence

from rich.console import Console

from eval.judges.bench import among, pair_line, spent, with_itself
from eval.judges.labelled import Trial


def show_models(trials: Sequence[Trial], models: Collection[str], console: Console) -> None:
    """What each cost and how far it agrees with itself; then each two judges, a model among them."""
    lines = []
    for trial in (trial for trial in trials if trial.judge in models):
        lines.append(f"{trial.judge}: {spent(trial.verdicts)}")
        if itself := with_itself(trial.items, trial.verdicts):
            lines.append(f"{trial.judge} {itself}")
    said = {trial.judge: trial.verdicts for trial in trials}
    pairs = among(trials[0].items, said) if trials else ()
    lines += [pair_line(a, b, pair) for a, b, pair in pairs if {a, b} & set(models)]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
