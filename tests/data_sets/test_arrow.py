"""Trajectories to Arrow and back: what comes out is what went in, for every algorithm."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nar_bench.data.generate import generate
from nar_bench.data_sets.arrow import _differences, _sums, from_table, to_table
from nar_bench.errors import DataSetError
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import registry
from nar_bench.spec import Layout

ALGORITHMS = [entry.name for entry in registry().entries(Kind.ALGORITHM) if entry.source.is_own]


def algorithm(name: str) -> Algorithm:
    return registry().load(Kind.ALGORITHM, name)


def through_parquet(table: pa.Table) -> pa.Table:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", row_group_size=3)
    return pq.read_table(io.BytesIO(file.getvalue()))


def assert_equal(one, other) -> None:
    assert type(one) is type(other)
    assert (one.nodes, one.spec) == (other.nodes, other.spec)
    np.testing.assert_array_equal(one.offsets, other.offsets)
    for stage in ("inputs", "hints", "outputs"):
        mine, theirs = getattr(one, stage), getattr(other, stage)
        assert set(mine) == set(theirs)
        for name in mine:
            assert mine[name].dtype == theirs[name].dtype, name
            assert mine[name].shape == theirs[name].shape, name
            assert mine[name].tobytes() == theirs[name].tobytes(), name
    if one.spec.layout is Layout.SPARSE:
        np.testing.assert_array_equal(one.edge_offsets, other.edge_offsets)


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("name", ALGORITHMS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(extra=st.integers(0, 5), count=st.integers(1, 5), seed=st.integers(0, 2**63 - 1), hints=st.booleans())
def test_every_trajectory_comes_back_from_a_file_bit_by_bit(
    name: str, extra: int, count: int, seed: int, hints: bool
) -> None:
    batch = generate(algorithm(name), max(4, algorithm(name).smallest) + extra, count, seed, hints=hints)
    table = through_parquet(to_table(batch, np.arange(count)))
    assert_equal(from_table(table, batch.spec, "here"), batch)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    lengths=st.lists(st.integers(0, 4), min_size=1, max_size=5),
    data=st.data(),
    dtype=st.sampled_from([np.int8, np.int16]),
)
def test_differences_are_undone_for_any_values(lengths: list[int], data: st.DataObject, dtype: type) -> None:
    values = data.draw(hnp.arrays(dtype, (sum(lengths), 2)))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    np.testing.assert_array_equal(_sums(_differences(values, offsets), offsets), values)


def test_a_reader_without_us_gets_the_hints_by_the_rule_on_the_card() -> None:
    batch = generate(algorithm("bfs"), 8, 3, 0)
    table = to_table(batch, np.arange(3))
    for row in range(3):
        values = {name: table.column(name)[row].as_py() for name in table.column_names}
        pi = np.cumsum(np.reshape(values["pi_h"], (values["length"], values["nodes"])), axis=0, dtype=np.int16)
        np.testing.assert_array_equal(pi, batch[row].hints["pi_h"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop_columns(["pi"]), "here: column 'pi' is missing; it has sample, nodes"),
        (lambda t: t.set_column(1, "nodes", pa.array([8, 9], pa.int32())), "rows of 8 and of 9 nodes are mixed"),
        (
            lambda t: t.set_column(2, "length", pa.array([1, 1], pa.int32())),
            "here, column 'reach_h', row 0: got ",
        ),
        (
            lambda t: t.set_column(
                t.column_names.index("pi"), "pi", pa.array([[0.5]] * 2, pa.large_list(pa.float64()))
            ),
            "column 'pi': got type large_list<item: double>; large_list<item: int16> is needed",
        ),
        (lambda t: t.slice(0, 0), "there is no row"),
    ],
)
def test_a_damaged_table_is_an_error_that_names_the_place(change, says: str) -> None:
    batch = generate(algorithm("bfs"), 8, 2, 0)
    with pytest.raises(DataSetError, match=says.replace("<", "[<]")):
        from_table(change(to_table(batch, np.arange(2))), batch.spec, "here")
