"""The words in which runs are asked about, and the folding by which they meet what is stored. Pure."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal[
    "superlative", "side", "compare", "many", "aggregate", "status", "compared", "between", "and", "not", "run",
    "experiment", "attribute", "section", "tool", "start", "when", "who", "step", "filler",
]  # fmt: skip
Term = tuple[Kind, str]

LONGEST = 5  # words of a phrase
_ATOM = re.compile(
    r"\"(?P<a>[^\"]*)\"|“(?P<b>[^”]*)”|`(?P<c>[^`]*)`|(?<!\w)'(?P<d>[^']*)'(?!\w)|(?P<sign>[<>]=?|[=!]=?)"
    r"|(?P<word>[wW]&[bB]|-?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?(?![\w/:@-])%?|\w+(?:[./:@+-]+\w+)*)"
)
_JOINTS = re.compile(r"[\W_]+")
# Both sides are shortened, so that `learning rate` meets `lr` where only that is stored.
_SHORT = (
    ("learningrate", "lr"), ("batchsize", "bs"), ("weightdecay", "wd"), ("validation", "val"), ("accuracy", "acc"),
    ("training", "train"), ("evaluation", "eval"), ("perplexity", "ppl"), ("optimiser", "optimizer"),
    ("epochs", "epoch"), ("layers", "layer"), ("numberof", "n"), ("num", "n"),
)  # fmt: skip

_LEXICON: dict[Term, str] = {
    ("superlative", "low"): "lowest|smallest|minimum|min|minimal|least|fewest",
    ("superlative", "high"): "highest|largest|biggest|greatest|maximum|max|maximal|most|peak",
    ("superlative", "best"): "best",
    ("superlative", "top"): "top",
    ("superlative", "worst"): "worst",
    ("superlative", "longest"): "longest|slowest|took the longest|took longest",
    ("superlative", "shortest"): "shortest|fastest|quickest",
    ("superlative", "latest"): "latest|newest|most recent|most recently",
    ("superlative", "earliest"): "earliest|oldest|first",
    ("side", "last"): "last|final|finally|end|at the end|in the end|at the end of training",
    ("side", "ever"): "ever|at any step|at any epoch|at any point|during training|over training|in its history",
    ("compare", ""): "compare|compared|compares|comparison|difference|differences|differ|differs|different|changed|"
    "change|changes|vs|versus|against",
    ("many", ""): "how many|number of|count|count of|total number of",
    ("aggregate", "mean"): "average|mean|avg|averaged|on average",
    ("aggregate", "median"): "median",
    ("aggregate", "sum"): "sum|sum of",
    ("status", "failed"): "failed|fail|fails|failing|crashed|crash|errored",
    ("status", "finished"): "finished|finish|finishes|completed|complete|succeeded|succeed|successful|successfully",
    ("status", "killed"): "killed|aborted|cancelled|canceled",
    ("status", "running"): "running|in progress|unfinished|still running|currently running",
    ("status", "scheduled"): "scheduled|queued|pending",
    ("compared", ">"): "above|over|greater than|more than|higher than|larger than|bigger than|exceeding|exceeds|"
    "exceeded|>",
    ("compared", "<"): "below|under|less than|lower than|smaller than|fewer than|<",
    ("compared", ">="): "at least|no less than|>=|greater than or equal to|or more",
    ("compared", "<="): "at most|no more than|up to|<=|less than or equal to|or less",
    ("compared", "="): "equal to|equals|equal|set to|=|==|exactly|of exactly",
    ("compared", "!="): "other than|not equal to|!=|different from",
    ("between", ""): "between",
    ("and", ""): "and|to",
    ("not", ""): "not|didn|doesn|isn|wasn|never|didnt|without",
    ("run", ""): "run|runs|trial|trials|experiment run|experiment runs|training run|training runs",
    ("experiment", ""): "experiment|experiments|project|projects",
    ("attribute", "status"): "status|state",
    ("attribute", "start_time"): "start time|start date|started at",
    ("attribute", "end_time"): "end time|end date|ended at",
    ("attribute", "duration"): "how long|duration|runtime|run time|wall time",
    ("attribute", "user"): "user|owner|author|username|by whom",
    ("attribute", "note"): "note|notes|comment|description",
    ("attribute", "run_name"): "name|run name",
    ("attribute", "parent"): "parent|parent run",
    ("section", "params"): "param|params|parameter|parameters|hyperparameter|hyperparameters|hyper parameters|"
    "configuration|config|hparams|hyperparams",
    ("section", "metrics"): "metric|metrics|results|scores",
    ("section", "tags"): "tag|tags",
    ("section", "artifacts"): "artifact|artifacts",
    ("section", "datasets"): "which dataset|which datasets|what dataset|what datasets|which data|what data",
    ("tool", "mlflow"): "mlflow|ml flow",
    ("tool", "wandb"): "wandb|w&b|weights and biases|weights biases",
    ("tool", "tensorboard"): "tensorboard",
    ("start", "start_time"): "start|started|begin|began|begun|launched|created",
    ("start", "end_time"): "ended|stopped",
    ("when", ""): "when|at what time|what time|on what day|which day",
    ("who", ""): "who|whose",
    ("step", ""): "at step|at epoch|in step|in epoch",
    ("filler", ""): "how do|how does|how did|"
    "the|a|an|of|in|on|for|with|did|do|does|was|were|is|are|be|been|have|has|had|it|its|what|which|"
    "show|me|give|tell|list|find|display|us|please|can|you|i|we|our|my|that|there|this|these|those|value|values|data|"
    "dataset|datasets|at|by|from|so far|all|any|each|every|logged|recorded|stored|tracked|reached|achieved|reach|"
    "achieve|get|got|obtain|obtained|gave|give|yielded|take|took|them|they|their|id|ids|named|called|during|then|"
    "across|among|amongst|overall|one|ones|whats|out|ran|set|exactly|where|whose|according|within|together|use|used|"
    "uses|using|into|belong|belonging|also|were there|are there|ended up|end up|s|t",
}
NOT_ALONE = frozenset(
    ["true", "false", "none", "null", "yes", "no", "auto", "default", "train", "test", "val", "data", "model", "main"]
)


def _terms() -> dict[tuple[str, ...], Term]:
    return {tuple(phrase.split()): term for term, phrases in _LEXICON.items() for phrase in phrases.split("|")}


TERMS = _terms()


class Atom(NamedTuple):
    """A word, a number, a sign or a quoted phrase of the question."""

    text: str
    quoted: bool
    folded: str

    @property
    def word(self) -> str:
        return self.text.casefold()


def atoms(question: str) -> list[Atom]:
    """In order; what is between them is punctuation."""
    found = []
    for match in _ATOM.finditer(question.replace("’", "'")):
        quoted = match.lastgroup in ("a", "b", "c", "d")
        text = str(match.group(str(match.lastgroup)))
        if text:
            found.append(Atom(text, quoted, fold(text)))
    return found


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """Case, spaces, underscores, dashes and slashes do not matter: `Val Loss`, `val_loss`, `valLoss` → valloss."""
    return _JOINTS.sub("", text).casefold() or text


@lru_cache(maxsize=50_000)
def shorten(folded: str) -> str:
    """`learningrate` → lr, `validationaccuracy` → valacc."""
    for long, short in _SHORT:
        folded = folded.replace(long, short)
    return folded


def words_of(text: str) -> list[str]:
    """`Crop_TCN0exp` → crop, tcn, exp: the words by which a name may be meant."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+", text)
    return [word.casefold() for word in found]


# --- which way is better ------------------------------------------------------------------------------------------

_LOW = """loss nll error err mse rmse mae mape ppl perplexity wer cer fid latency divergence kl bpb bpc eer regret brier
    ece memory cost"""
_HIGH = """acc accuracy auc auroc roc f f1 bleu rouge map ndcg mrr precision recall score r2 iou dice psnr ssim reward
    return throughput top1 top5 em kappa mcc correlation pearson spearman likelihood"""
_LOWER, _HIGHER = frozenset(_LOW.split()), frozenset(_HIGH.split())


def lower_is_better(key: str) -> bool | None:
    """By the words of a metric's name; None when they do not tell, or tell both."""
    words = set(words_of(key)) | set(re.split(r"[\W_]+", key.casefold()))
    joined = shorten(fold(key))
    low = bool(words & _LOWER) or joined.endswith(("loss", "error", "perplexity", "ppl"))
    high = bool(words & _HIGHER) or joined.endswith(("acc", "auc", "f1", "bleu", "score"))
    return None if low == high else low
