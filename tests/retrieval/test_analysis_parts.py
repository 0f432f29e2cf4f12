"""A question that asks for two things."""

import pytest

from rag.retrieval.comparison import parts_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("What is the difference between bf16 and fp16?", ("bf16", "fp16")),
        ("What is the main difference between SGD and Adam in our setup?", ("SGD in our setup", "Adam in our setup")),
        ("differences between supervised and unsupervised learning", ("supervised learning", "unsupervised learning")),
        (
            "In statistics, what is the difference between a quartile and a quantile",
            ("a quartile In statistics", "a quantile In statistics"),
        ),
        ("Tell me the difference in val_loss between kb-1 and kb-2", ("val_loss kb-1", "val_loss kb-2")),
        ("Compare the retros of March and April", ("the retros of March", "the retros of April")),
        ("How many used it in 2024 vs 2025?", ("How many used it in 2024", "How many used it in 2025")),
        ("differences between the old and new pipelines", ("old pipelines", "new pipelines")),
        ("Whats the difference between mean and median", ("mean", "median")),
        ("kb-19 vs kb-20", ("kb-19", "kb-20")),
        ("What is the val_map of kb-19 vs. kb-20?", ("What is the val_map of kb-19", "What is the val_map of kb-20")),
        ("Compare Kafka with Redpanda for small teams", ("Kafka for small teams", "Redpanda for small teams")),
        ("How does kb-19 compare to kb-20?", ("kb-19", "kb-20")),
        ("Is bf16 faster than fp16 on V100?", ("bf16 faster on V100", "fp16 faster on V100")),
        ("Does kb-19 use more memory than kb-20?", ("kb-19 use more memory", "kb-20 use more memory")),
        ("Which is better, SVM or random forest?", ("SVM better", "random forest better")),
        (
            "Should we use Chroma or Qdrant for search?",
            ("Should we use Chroma for search", "Should we use Qdrant for search"),
        ),
        ("bf16 or fp16: which did we choose?", ("bf16 which did we choose", "fp16 which did we choose")),
        ("How do both kb-19 and kb-20 treat silence?", ("How do kb-19 treat silence", "How do kb-20 treat silence")),
        ("What is Kestrel and who owns it?", ("What is Kestrel", "who owns Kestrel")),
        ("How large is the budget, and who approves it?", ("How large is the budget", "who approves the budget")),
        (
            "When did the run spike, and how fast did it recover?",
            ("When did the run spike", "how fast did it recover (When did the run spike)"),
        ),
        ("What is Kestrel? Who owns its data?", ("What is Kestrel", "Who owns Kestrel's data")),
        ('"A and B" vs "C or D"', ('"A and B"', '"C or D"')),
    ],
)
def test_each_part_stands_alone(question: str, parts: tuple[str, ...]) -> None:
    assert parts_of(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "What are the goals and non-goals of X?",
        "Which run has the lowest val_loss, and what is it?",
        "What is read aloud at the beginning, and why?",
        "Which chart version fixed the template error, and which one had it?",
        "What is the error and how can I fix it?",
        "How do I know what it is and how it works?",
        "How do I activate Jupyter in VS Code?",
        "Have shells other than conical been studied?",
        "Is there any better way than this?",
        "Can I run both conda and pip together?",
        "Which attempts did not work?",
        "Activity is associated with the difference in uptake between black and white youth.",
        'What does "A vs B" mean?',
        "Who signed the contract? It was in June.",
        "a vs b " * 100,
        "vs",
        "vs vs vs",
        "?? ??",
        "",
    ],
)
def test_a_question_for_one_thing_stays_whole(question: str) -> None:
    assert parts_of(question) == ()
