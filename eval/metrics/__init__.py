"""Every metric by the name it is reported under."""

from eval.metrics.agreement import AGREEMENT
from eval.metrics.base import Metric
from eval.metrics.citations import CITATIONS
from eval.metrics.conversation import CONVERSATION
from eval.metrics.correctness import CORRECTNESS
from eval.metrics.evidence import EVIDENCE
from eval.metrics.likely import LIKELY
from eval.metrics.refusal import REFUSAL
from eval.metrics.retrieval import RETRIEVAL
from eval.metrics.similarity import SIMILARITY
from eval.metrics.support import SUPPORT
from rag.domain.evaluations import LESS_IS_BETTER as LESS_IS_BETTER

METRICS: dict[str, Metric] = {
    **RETRIEVAL,
    **EVIDENCE,
    **CITATIONS,
    **CORRECTNESS,
    **REFUSAL,
    **CONVERSATION,
    **LIKELY,
    **SIMILARITY,
    **SUPPORT,
    **AGREEMENT,
}
