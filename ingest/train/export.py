"""From trained torch networks to ONNX files that need no torch to run.

The graphs are written node by node: both networks are a few layers, and ONNX's own GRU and LSTM take the sentences'
lengths, of which torch's know nothing. Weights are stored in half precision.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

_OPSET = 17


class Graph:
    """An ONNX graph that grows by one node at a time; every method returns the name of what its node gives."""

    def __init__(self) -> None:
        self.inputs: dict[str, tuple[int, tuple[str | int, ...]]] = {}
        """Name → ONNX type and shape of what the graph is given."""
        self.outputs: dict[str, str] = {}
        """The names that the caller knows the results by → the nodes that give them."""
        self.shape: tuple[str, ...] = ("batch", "length", "width")
        """The names of the results' dimensions."""
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        """A node of a kind."""
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, array: npt.NDArray[np.generic]) -> str:
        """A tensor as it is."""
        name = f"constant_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, parameter: npt.NDArray[np.float32]) -> str:
        """A trained tensor, stored in half precision."""
        return self.add("Cast", self.constant(parameter.astype(np.float16)), to=TensorProto.FLOAT)

    def linear(self, x: str, layer: nn.Linear) -> str:
        """x W + b."""
        product = self.add("MatMul", x, self.weight(_array(layer.weight).T))
        return product if layer.bias is None else self.add("Add", product, self.weight(_array(layer.bias)))

    def look_up(self, ids: str, table: nn.Embedding) -> str:
        """The rows of a table."""
        return self.add("Gather", self.weight(_array(table.weight)), ids)

    def read(self, widths: Mapping[str, int]) -> dict[str, str]:
        """Have the graph read arrays (batch, length, width) of numbers, or (batch, length) of ids where the width is 0,
        and the `lengths` of the batch's rows. The names of the arrays → the nodes that hold them, time first."""
        places: tuple[str | int, ...] = ("batch", "length")
        self.inputs = {
            name: (TensorProto.FLOAT, (*places, width)) if width else (TensorProto.INT64, places)
            for name, width in widths.items()
        }
        self.inputs["lengths"] = (TensorProto.INT32, ("batch",))
        orders = {name: [1, 0, 2] if width else [1, 0] for name, width in widths.items()}
        return {name: self.add("Transpose", name, perm=order) for name, order in orders.items()}

    def columns(self, x: str, start: int, stop: int) -> str:
        """Some columns of (rows, columns)."""
        return self.add("Slice", x, *(self.constant(np.array([number])) for number in (start, stop, 1)))

    def recurrent(self, x: str, *ways: nn.GRU | nn.LSTM) -> str:
        """A layer over (time, batch, …) that reads forth by the first of two ways and back by the second; gives (time,
        batch, both states)."""
        kind, order = ("LSTM", (0, 3, 1, 2)) if isinstance(ways[0], nn.LSTM) else ("GRU", (1, 0, 2))
        weights, biases = (
            [[_reordered(_array(getattr(way, f"{name}_{part}_l0")), order) for way in ways] for part in ("ih", "hh")]
            for name in ("weight", "bias")
        )
        numbers = [np.stack(weights[0]), np.stack(weights[1]), np.concatenate(biases, axis=1)]
        extra = {"linear_before_reset": 1} if kind == "GRU" else {}
        sequence = self.add(
            kind, x, *map(self.weight, numbers), "lengths",
            hidden_size=ways[0].hidden_size, direction="bidirectional", **extra,
        )  # fmt: skip
        together = self.add("Transpose", sequence, perm=[0, 2, 1, 3])
        return self.add("Reshape", together, self.constant(np.array([0, 0, 2 * ways[0].hidden_size])))

    def save(self, path: Path) -> None:
        """Check the graph and write it."""
        nodes = [*self._nodes, *(helper.make_node("Identity", [node], [name]) for name, node in self.outputs.items())]
        graph = helper.make_graph(
            nodes,
            path.stem,
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in self.inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, self.shape) for name in self.outputs],
            self._weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9)
        onnx.checker.check_model(model)
        onnx.save(model, str(path))


def _array(parameter: nn.Parameter) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = parameter.detach().numpy()
    return array


def _reordered(array: npt.NDArray[np.float32], order: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """The gates in ONNX's order."""
    blocks = np.split(array, len(order))
    return np.concatenate([blocks[k] for k in order])
