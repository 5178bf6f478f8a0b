"""Layers of the two networks that train faster than torch's own."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.autograd.function import BackwardCFunction, FunctionCtx

SHORT = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
"""Whether this machine multiplies numbers of 16 bits faster than those of 32: names are learnt as well with them (F1
0.642 with both, one pass over 12,000 sentences)."""


class Dropout(nn.Module):
    """Dropout by random bytes, its chance in 256ths: torch draws a number of 64 bits for each place, which took a tenth
    of training."""

    def __init__(self, chance: float) -> None:
        super().__init__()
        self._least = round(256 * chance)

    def forward(self, x: Tensor) -> Tensor:
        """The input, in training with so many places at zero and the others raised for it."""
        if not (self.training and self._least):
            return x
        numbers = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = numbers.view(torch.uint8)[: x.numel()].view(x.shape) >= self._least
        return x * (kept * (256 / (256 - self._least)))


class BothWays(nn.Module):
    """A recurrent layer that reads sentences both ways; gives both states side by side. Each way holds the weights of a
    layer of torch's, and its sentences begin at their first place, so that nothing need be packed (packing takes half
    as long again)."""

    kind: ClassVar[type[nn.GRU] | type[nn.LSTM]]

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.forth, self.back = (self.kind(size, width) for _ in range(2))

    @property
    def ways(self) -> tuple[nn.GRU | nn.LSTM, nn.GRU | nn.LSTM]:
        """The layers that read forth and back."""
        return self.forth, self.back

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """(rows, places, size) and the rows' lengths to (rows, places, 2 × width)."""
        rows, places = torch.arange(x.shape[0])[:, None], torch.arange(x.shape[1])
        mirrored = torch.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=SHORT):
            forth, back = self._states(x.transpose(0, 1), x[rows, mirrored].transpose(0, 1))
        return torch.cat([forth.transpose(0, 1), back.transpose(0, 1)[rows, mirrored]], -1).float()

    def _states(self, forth: Tensor, back: Tensor) -> tuple[Tensor, Tensor]:
        """The states (places, rows, width) of either way, from what it reads (places, rows, size)."""
        return self.forth(forth)[0], self.back(back)[0]


class Lstm(BothWays):
    """An LSTM layer."""

    kind = nn.LSTM


class Gru(BothWays):
    """A GRU layer, whose gradient is computed here."""

    kind = nn.GRU

    def _states(self, forth: Tensor, back: Tensor) -> tuple[Tensor, Tensor]:
        read = zip((forth, back), self.ways, strict=True)
        given = torch.stack([nn.functional.linear(x, way.weight_ih_l0, way.bias_ih_l0) for x, way in read], 1)
        weights = torch.stack([way.weight_hh_l0.T for way in self.ways])
        biases = torch.stack([way.bias_hh_l0[None] for way in self.ways])
        states: Tensor = _Steps.apply(given.float(), weights, biases)
        return states[:, 0], states[:, 1]


class _Steps(torch.autograd.Function):
    """The steps of a GRU (Cho et al. 2014, with torch's place of the reset gate), both ways together. Torch's own
    records every operation of every step, and adds up the gradient of the weights step by step: a pass of the tagger
    takes a fifth to two fifths longer with it."""

    @staticmethod
    def forward(ctx: FunctionCtx, given: Tensor, weights: Tensor, biases: Tensor) -> Tensor:
        """What the input gives the gates (places, ways, rows, 3 × width) in torch's order (reset, update, new), the
        weights (ways, width, 3 × width) and biases (ways, 1, 3 × width) of the state before to the states (places,
        ways, rows, width)."""
        places, ways, rows, _ = given.shape
        width = weights.shape[1]
        states = given.new_zeros(places + 1, ways, rows, width)
        gates = given.new_empty(places, ways, rows, 2 * width)
        new, recalled = (given.new_empty(places, ways, rows, width) for _ in range(2))
        weights_, biases_ = _short(weights), _short(biases)
        for at in range(places):
            recurrent = torch.baddbmm(biases_, _short(states[at]), weights_).float()
            torch.add(given[at, ..., : 2 * width], recurrent[..., : 2 * width], out=gates[at]).sigmoid_()
            recalled[at] = recurrent[..., 2 * width :]
            reset, update = gates[at].split(width, -1)
            torch.addcmul(given[at, ..., 2 * width :], reset, recalled[at], out=new[at]).tanh_()
            torch.lerp(new[at], states[at], update, out=states[at + 1])
        ctx.save_for_backward(states, gates, new, recalled, weights)
        return states[1:]

    @staticmethod
    def backward(ctx: BackwardCFunction, *wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The gradients of `forward`'s inputs. All that a step's gradient is multiplied by is computed for all places
        at once, and so are the products that give the gradient of the weights."""
        (by_state,) = wanted
        states, gates, new, recalled, weights = ctx.saved_tensors
        places, _, _, width = new.shape
        reset, update = gates.split(width, -1)
        by_new = (1 - update) * (1 - new * new)
        by_update = (states[:-1] - new) * update * (1 - update)
        factors = torch.stack([by_new * recalled * reset * (1 - reset), by_update, by_new * reset], 3)
        of_states, of_recurrent = torch.empty_like(new), torch.empty_like(factors)
        back = _short(weights.transpose(1, 2).contiguous())
        coming = by_state[-1]
        for at in reversed(range(places)):
            of_states[at] = coming
            torch.mul(of_states[at][:, :, None], factors[at], out=of_recurrent[at])
            if at:
                coming = torch.bmm(_short(of_recurrent[at].flatten(2)), back).float()
                coming.addcmul_(of_states[at], update[at]).add_(by_state[at - 1])
        recurrent = of_recurrent.flatten(3)
        before, after = (x.transpose(0, 1).flatten(1, 2) for x in (states[:-1], recurrent))
        of_weights = torch.bmm(_short(before).transpose(1, 2), _short(after)).float()
        of_given = torch.cat([recurrent[..., : 2 * width], of_states * by_new], -1)
        return of_given, of_weights, after.sum(1, keepdim=True)


def _short(x: Tensor) -> Tensor:
    """As this machine multiplies fastest."""
    return x.bfloat16() if SHORT else x
