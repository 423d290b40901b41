"""Parameters of the reference's networks under our names, so that a network trained there can be measured here.

dm-clrs (haiku) names a parameter `net/MODULE//LEAF`. Weights `w` are (in, out), ours (out, in). Its linear maps are
numbered in the order in which they are made: NAME, NAME_1, NAME_2, ...

=============================================  =================================================================
reference MODULE                               ours
=============================================  =================================================================
~_construct.../algo_0_X_enc_linear[_i]         input_encoder.maps.X or hint_encoder.maps.X, whichever has X; of a
                                               pointer on edges its `first` and `second`
~_construct.../algo_0_X_dec_linear[_i]         output_decoders.X.PART or hint_decoders.X.PART, the i-th PART of
                                               X's decoder, in `PARTS`
~_construct.../algo_0_X_mask_dec_linear        output_decoders.X.first.map, where X is a permutation
..._clrs_processor/NAME                        processor.NAME after the processor's own table
=============================================  =================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nar_bench.model.decoders import (
    EdgeDecoder,
    EdgePointerDecoder,
    GraphDecoder,
    GraphPointerDecoder,
    NodeDecoder,
    PermutationDecoder,
    PointerDecoder,
)
from nar_bench.model.encoders import EdgePointerMaps
from nar_bench.model.net import Net
from nar_bench.trajectory import Array

PARTS: Mapping[type[nn.Module], tuple[str, ...]] = {
    NodeDecoder: ("map",),
    EdgeDecoder: ("sender", "receiver", "edge"),
    GraphDecoder: ("node", "graph"),
    EdgePointerDecoder: ("sender", "receiver", "edge", "target", "score"),
    GraphPointerDecoder: ("pooled", "graph", "target"),
    EdgePointerMaps: ("first", "second"),
    PointerDecoder: ("source", "target", "edge", "score"),
    PermutationDecoder: ("pointer.source", "pointer.target", "pointer.edge", "pointer.score"),
}
"""Decoder, or encoder of several maps -> its linear maps in the reference's order."""

_LEAVES = {"w": "weight", "b": "bias", "scale": "weight", "offset": "bias"}
_CODER = re.compile(r"algo_\d+_(?P<feature>\w+)_(?P<role>enc|dec)_linear(?:_(?P<index>\d+))?")


def our_name(reference: str, net: Net, processor: Mapping[str, str]) -> str:
    """Return the name in `net.state_dict()` of a reference parameter.

    Args:
        reference: `net/MODULE//LEAF`.
        net: a network of the same algorithm, regime and processor.
        processor: the reference's name of each of the processor's modules -> ours.

    Raises:
        KeyError: `net` has nothing of this name.
    """
    module, leaf = reference.removeprefix("net/").split("//")
    place, _, last = module.partition("/")
    if place.endswith("_clrs_processor"):
        ours = f"processor.{processor[last]}"
    else:
        match = _CODER.fullmatch(last)
        if match is None:
            raise KeyError(reference)
        ours = _coder(net, match["feature"], match["role"], int(match["index"] or 0))
    return f"{ours}.{_LEAVES[leaf]}"


def _coder(net: Net, feature: str, role: str, index: int) -> str:
    if role == "enc":
        for name, encoder in (("input_encoder", net.input_encoder), ("hint_encoder", net.hint_encoder)):
            if feature in encoder.maps:
                parts = PARTS.get(type(encoder.maps[feature]))
                return f"{name}.maps.{feature}.{parts[index]}" if parts else f"{name}.maps.{feature}"
        raise KeyError(feature)
    for name, decoders in (("output_decoders", net.output_decoders), ("hint_decoders", net.hint_decoders)):
        if feature in decoders:
            return f"{name}.{feature}.{PARTS[type(decoders[feature])][index]}"
    return f"output_decoders.{feature.removesuffix('_mask')}.first.map"


def load_reference_parameters(net: Net, parameters: Mapping[str, Array], processor: Mapping[str, str]) -> None:
    """Replace every parameter of `net` by the reference's.

    Args:
        net: changed in place.
        parameters: `net/MODULE//LEAF` -> array.
        processor: see `our_name`.

    Raises:
        KeyError: a name is not known.
        RuntimeError: a parameter of `net` is missing or of another shape.
    """
    state: dict[str, Tensor] = {}
    for name, value in parameters.items():
        state[our_name(name, net, processor)] = torch.from_numpy(value.T.copy() if name.endswith("//w") else value)
    net.load_state_dict(state)
