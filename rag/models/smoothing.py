"""Evens out a transformer's activations before quantisation, without changing what it computes.

A few channels are many times larger than the rest, and one int8 scale for all of them loses
the small ones. So each such layer's input is divided, channel by channel, by a scale its weights are multiplied with.
Source: Xiao et al., SmoothQuant, ICML 2023 (equation 4).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

STRENGTH = 0.85  # alpha: how much of the unevenness moves into the weights, which have a scale a channel
LEAST = 1e-5


def smooth(model: "SentenceTransformer", texts: Sequence[str]) -> None:
    """In place, for every Linear layer; `texts` show how large its inputs get."""
    import torch

    class Smoothed(torch.nn.Module):
        def __init__(self, linear: torch.nn.Linear, scale: torch.Tensor) -> None:
            super().__init__()
            self.divisor = torch.nn.Parameter(1 / scale, requires_grad=False)
            linear.weight = torch.nn.Parameter(linear.weight * scale, requires_grad=False)
            self.linear = linear

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.linear(inputs * self.divisor)
            return out

    layers = {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    largest = {name: torch.full((layer.in_features,), LEAST) for name, layer in layers.items()}

    def watch(name: str) -> torch.utils.hooks.RemovableHandle:
        def seen(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            here = inputs[0].detach().abs().reshape(-1, inputs[0].shape[-1]).amax(0)
            largest[name] = torch.maximum(largest[name], here)

        return layers[name].register_forward_pre_hook(seen)

    hooks = [watch(name) for name in layers]
    model.encode(list(texts), batch_size=8, show_progress_bar=False)
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        weights = layer.weight.detach().abs().amax(0).clamp(min=LEAST)
        parent, _, leaf = name.rpartition(".")
        setattr(
            model.get_submodule(parent),
            leaf,
            Smoothed(layer, largest[name] ** STRENGTH / weights ** (1 - STRENGTH)),
        )
