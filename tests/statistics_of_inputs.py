"""Numbers that tell one distribution of inputs from another: one value of each per sample, by numpy alone.

The reference's values in oracle/distributions/ and ours are computed by the same function. To write the files anew,
run `JAX_PLATFORMS=cpu python tests/statistics_of_inputs.py` in an environment that has dm-clrs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

VARIANTS = ("default", "train")
SAMPLES, SIZE, MATCHER_TRAINING_SIZE = 400, 16, 20
MATCHERS = ("naive_string_matcher", "kmp_matcher")
SPARSE = ("articulation_points", "bridges", "mst_kruskal", "bipartite_matching")


def size_of(algorithm: str, variant: str) -> int:
    """The size at which the reference was asked for its samples."""
    return MATCHER_TRAINING_SIZE if algorithm in MATCHERS and variant == "train" else SIZE


def statistics_of_inputs(inputs, lengths):
    """Return name -> [B] float16, one value for each instance.

    Args:
        inputs: name -> [B, ...], dense.
        lengths: [B] of the trajectories.
    """
    found = {"steps": lengths}
    for name, value in inputs.items():
        value = np.asarray(value, dtype=np.float64)
        if name == "A":
            found.update(_of_graphs(value))
        elif name in ("adj", "pred", "y", "t"):
            continue  # they follow from the others
        elif name == "s" and "A" in inputs:
            found["source"] = value.argmax(axis=1)
        elif name == "string":
            found.update(_of_strings(value, np.asarray(inputs["key"]).argmax(axis=2)))
        elif name == "x":
            found.update(_of_points(value, np.asarray(inputs["y"], dtype=np.float64)))
        elif value.ndim == 1:
            found[name] = value
        elif value.ndim == 2:
            found.update(_of_numbers(name, value))
    if "f" in inputs:
        found["longest activity"] = (inputs["f"] - inputs["s"]).max(axis=1)
    # Half precision: the files are small, and sums in another order are equal again.
    return {name: np.asarray(value, dtype=np.float16) for name, value in found.items()}


def _of_numbers(name, value):
    return {
        f"{name} first": value[:, 0],
        f"{name} last": value[:, -1],
        f"{name} mean": value.mean(axis=1),
        f"{name} least": value.min(axis=1),
        f"{name} greatest": value.max(axis=1),
        f"{name} rises": (np.diff(value, axis=1) > 0).sum(axis=1),
    }


def _of_strings(string, letters):
    second = string.sum(axis=1).astype(int)
    place = []
    for row, m in zip(letters, second, strict=True):
        text, needle = row[: len(row) - m].astype(np.uint8).tobytes(), row[len(row) - m :].astype(np.uint8).tobytes()
        place.append(text.find(needle))
    return {
        "second length": second,
        "place": place,
        "letter first": letters[:, 0],
        "letter last": letters[:, -1],
        "letters 0": (letters == 0).sum(axis=1),
    }


def _of_points(x, y):
    radius = np.hypot(x, y)

    def turn(a, b, c):
        return (x[:, b] - x[:, a]) * (y[:, c] - y[:, a]) > (y[:, b] - y[:, a]) * (x[:, c] - x[:, a])

    return {
        "x first": x[:, 0],
        "y last": y[:, -1],
        "radius first": radius[:, 0],
        "radius mean": radius.mean(axis=1),
        "radius greatest": radius.max(axis=1),
        "radius least": radius.min(axis=1),
        "angle last": np.arctan2(y[:, -1], x[:, -1]),
        "segments cross": (turn(0, 2, 3) != turn(1, 2, 3)) & (turn(0, 1, 2) != turn(0, 1, 3)),
    }


def _of_graphs(A):
    n = A.shape[1]
    edge = A != 0
    loops = edge[:, np.arange(n), np.arange(n)]
    others = edge & ~np.eye(n, dtype=bool)
    after, before = others.sum(axis=2), others.sum(axis=1)
    weight = np.where(others, A, np.nan)
    upper = np.where(np.triu(others), A, np.nan).reshape(len(A), -1)
    loop_weight = np.where(loops, A[:, np.arange(n), np.arange(n)], np.nan)
    forwards = np.triu(others).sum(axis=(1, 2))
    return {
        "edges": after.sum(axis=1),
        "edges forwards": forwards,
        "edges both ways": np.triu(others & others.transpose(0, 2, 1)).sum(axis=(1, 2)),
        "loops": loops.sum(axis=1),
        "degree variance": after.var(axis=1),
        "degree variance inwards": before.var(axis=1),
        "degree of the first": after[:, 0],
        "components": _components(others | others.transpose(0, 2, 1)),
        "strong components": _components(others),
        "weight first": _first(upper),
        "weight mean": _or(np.nan_to_num(weight).sum(axis=(1, 2)) / np.maximum(others.sum(axis=(1, 2)), 1)),
        "weight least": _or(np.where(others, A, np.inf).min(axis=(1, 2))),
        "weight greatest": _or(np.where(others, A, -np.inf).max(axis=(1, 2))),
        "loop weight first": _first(loop_weight),
    }


def _first(values):
    """The first number [B, K] that is not NaN, -1 where all are."""
    known = ~np.isnan(values)
    return _or(np.take_along_axis(values, known.argmax(axis=1)[:, None], axis=1)[:, 0])


def _or(values):
    return np.where(np.isfinite(values), values, -1.0)


def _components(edge):
    """The number of classes of nodes that reach each other."""
    n = edge.shape[1]
    reach = edge | np.eye(n, dtype=bool)
    for _ in range(n.bit_length()):
        reach = (reach.astype(np.float32) @ reach.astype(np.float32)) > 0
    both = reach & reach.transpose(0, 2, 1)
    return (both.argmax(axis=2) == np.arange(n)).sum(axis=1)


def write_the_references(folder):
    """Draw from the reference's samplers, and write their statistics to one file for each algorithm."""
    import clrs  # type: ignore

    for algorithm in sorted(clrs.SPECS):
        kept = {}
        for seed, variant in enumerate(VARIANTS):
            densities = 0.1 + 0.1 * np.arange(9)
            options = {}
            if variant == "train":
                options["p"] = tuple(densities / 2 if algorithm in SPARSE else densities)
                options["length_needle"] = -8
            sampler, _ = clrs.build_sampler(
                algorithm, seed=seed, num_samples=SAMPLES, length=size_of(algorithm, variant), **options
            )
            drawn = iter([sampler.next()])
            if variant == "train":
                drawn = clrs.process_random_pos(drawn, np.random.RandomState(seed))
            features = next(drawn).features
            inputs = {point.name: np.asarray(point.data) for point in features.inputs}
            found = statistics_of_inputs(inputs, np.asarray(features.lengths))
            kept[f"{variant}/names"] = np.array(list(found))
            kept[f"{variant}/values"] = np.sort(np.stack(list(found.values())), axis=1)
        np.savez_compressed(folder / f"{algorithm}.npz", **kept)
        print(algorithm, (folder / f"{algorithm}.npz").stat().st_size, flush=True)


if __name__ == "__main__":
    target = Path(__file__).parent / "oracle" / "distributions"
    target.mkdir(exist_ok=True)
    write_the_references(target)
