"""Names stand in the source, whatever joins their parts."""

import pytest

from rag.answering.checks.names import names, strange


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Later Alba moved it to Gull Point.", ["Alba", "Gull", "Point"]),
        ("Alba Kjær moved it.", ["Alba", "Kjær"]),
        ("Training was stopped. However it went on.", []),
        ("Use AdamW with it.", ["AdamW"]),
        ("The GPU and the BLEU of it", ["BLEU"]),
        ("set --lr-decay in train_loop of src/train.py", ["--lr-decay", "train_loop", "src/train.py"]),
        ("use torch.save and kestrelBase v1.2.3", ["torch.save", "kestrelBase", "v1.2.3"]),
        ("it took 5ms on 80GB, e.g. the 3rd", []),
        ("resnet50 in 2passes", ["resnet50", "2passes"]),
    ],
)
def test_names_are_told_from_words_with_a_capital(text: str, said: list[str]) -> None:
    assert names(text) == said


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("It ran on the A100 80GB.", "A100-80GB was used"),
        ("It was Alba's idea.", "an idea of alba"),
        ("The `trainLoop` broke.", "train_loop broke"),
        ("Then PPO failed.", "the proximal policy optimisation failed"),
        ("See the file lessons.md.", "docs/train/lessons.md"),
        ("It needs ConvNeXts.", "ConvNeXt is needed"),
    ],
)
def test_a_name_written_otherwise_is_known(text: str, source: str) -> None:
    assert strange(text, source) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("It was Bruno who moved it.", "Bruno"),
        ("It ran on the H100.", "H100"),
        ("Set --lr-warmup for it.", "--lr-warmup"),
        ("It needs v1.2.4 of it.", "v1.2.4"),
        ("Call save_model first.", "save_model"),
    ],
)
def test_a_name_of_nowhere_is_told(text: str, name: str) -> None:
    assert strange(text, "Alba moved it to A100 with --lr-decay, v1.2.3 and model_save.") == [name]
