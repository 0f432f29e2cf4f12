"""How far each judge was found to agree with people, kept in a home: no figure of a judge is shown without it.

`<home>/evaluations/judges.json`, one row for each identity of a judge and each pack it was tried on.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock

from eval.judges.judged import JudgedPack, Task
from eval.judges.labelled import Trial
from eval.judges.memory import ModelJudge
from eval.runs.folder import evaluations, make_folder, now, write_atomically
from eval.statistics.stats import Estimate
from rag.domain.errors import BadInput

FILE = "judges.json"
NOT_MEASURED = "agreement with people: not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Kappa of the good label against all others. `identity`: of the judge for this task."""

    judge: str
    identity: str
    task: Task
    pack: str
    kappa: float | None
    low: float | None
    high: float | None
    n: int  # items it gave a verdict on
    unscored: int
    at: str  # ISO 8601, UTC
    half: str = ""  # of the pack; "": both

    def __str__(self) -> str:
        """`kappa with people .31 (.12 to .49) on 80 answers of PACK, no verdict on 4`."""
        silent = f", no verdict on {self.unscored}" if self.unscored else ""
        if self.kappa is None or self.low is None or self.high is None:
            return f"kappa with people: not defined on {self.n} {self.task} of {self.pack}{silent}"
        guess = (
            "; not told from guessing"
            if self.low <= 0 <= self.high
            else ""
            if self.low > 0
            else "; worse than guessing"
        )
        return (
            f"kappa with people {self.kappa:.2f} ({self.low:.2f} to {self.high:.2f}) "
            f"on {self.n} {self.task} of {self.pack}{silent}{guess}"
        )


def standing(judge: ModelJudge, pack: JudgedPack, trial: Trial, *, half: str = "") -> Standing:
    kappa: Estimate = trial.binary().figures["kappa"]
    return Standing(
        judge=judge.name,
        identity=judge.identity(pack.task),
        task=pack.task,
        pack=pack.name,
        kappa=kappa.value,
        low=kappa.low,
        high=kappa.high,
        n=kappa.n,
        unscored=trial.unscored,
        at=now().isoformat(timespec="seconds"),
        half=half,
    )


def standings(home: Path) -> list[Standing]:
    """Raises BadInput for a file that is broken."""
    file = evaluations(home) / FILE
    try:
        return [Standing(**row) for row in json.loads(file.read_text(encoding="utf-8"))["measured"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{file}: not readable ({error}).", fix="Remove it, and measure the judges again.") from error


def keep_standing(home: Path, found: Standing) -> Standing:
    """What stands from now on: of two measurements on one pack, the one over more items; of equals, the newer."""
    make_folder(evaluations(home))
    with filelock.FileLock(evaluations(home) / f".{FILE}.lock"):
        others = {_key(row): row for row in standings(home)}
        before = others.get(_key(found))
        kept = before if before and before.n + before.unscored > found.n + found.unscored else found
        others[_key(found)] = kept
        write_atomically(evaluations(home) / FILE, {"schema": 1, "measured": [asdict(row) for row in others.values()]})
    return kept


def _key(row: Standing) -> tuple[str, ...]:
    return row.identity, row.task, row.pack, row.half


def with_people(rows: Sequence[Standing], judge: ModelJudge, task: Task) -> str:
    """What stands beside each figure of that judge."""
    return told(rows, judge.identity(task), task)


def told(rows: Sequence[Standing], identity: str, task: Task) -> str:
    found = [row for row in rows if row.identity == identity and row.task == task]
    return "; ".join(str(row) for row in found) or NOT_MEASURED
