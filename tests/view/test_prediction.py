"""What is shown of a trained network is what was measured of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from view.test_page import carried

from nar_bench.errors import CheckpointError, UnknownName, ViewError
from nar_bench.ideas.network import networks_of
from nar_bench.plugin.registry import registry
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.spec import Feature
from nar_bench.view.page import to_html
from nar_bench.view.picture import picture_of
from nar_bench.view.prediction import learned
from nar_bench.view.wrong import tolerance, wrong


def together(store: Store) -> Record:
    return next(record for record in store.records()[0] if len(record.algorithms) == 2)


def alone(store: Store) -> Record:
    return next(record for record in store.records()[0] if len(record.algorithms) == 1)


@pytest.mark.parametrize("point", ["own", "sparser"])
@pytest.mark.parametrize("instance", [0, 2])
def test_a_test_instance_and_its_answer_are_those_of_the_evaluation(watched: Store, point: str, instance: int) -> None:
    record = together(watched)
    network = learned(record, watched, registry(), "bfs")
    seen = network.draw(7, instance, point)
    answers = network.predict(seen).outputs["pi"][0]
    kept = pq.read_table(
        watched.predictions(record.trial),
        filters=[("algorithm", "=", "bfs"), ("point", "=", point), ("size", "=", 7), ("instance", "=", instance)],
    ).to_pylist()
    assert kept[0]["truth"] == seen.batch.outputs["pi"][0].tolist()
    assert kept[0]["answer"] == answers.tolist()


def test_hints_are_those_that_are_scored(watched: Store) -> None:
    """Of one instance a hint's score is the mean over its steps of the share that is right, for pointers."""
    record = together(watched)
    network = learned(record, watched, registry(), "insertion_sort")
    shares = []
    for instance in range(3):
        seen = network.draw(7, instance)
        made = picture_of(seen, "", None, [], network.predict(seen))
        (feature,) = [one for one in made.features if one.name == "pred_h"]
        assert (feature.first, feature.last, made.steps) == (1, 6, 7)
        assert feature.errors[0] == 0, "the first hint is given"
        shares += [1 - errors / feature.counted for errors in feature.errors[1:]]
    scored = [s for s in record.scores if (s.algorithm, s.size, s.metric) == ("insertion_sort", 7, "hint/pred_h")]
    assert scored[0].value == pytest.approx(np.mean(shares))


def test_ideas_are_those_that_the_network_wrote(watched: Store) -> None:
    record = together(watched)
    network = learned(record, watched, registry(), "bfs")
    seen = network.draw(7, 1)
    (other,) = [one for one in networks_of(record, watched, registry()) if one.label == "bfs"]
    written = other.write(seen.batch)
    ideas = network.predict(seen).ideas
    assert ideas is not None
    np.testing.assert_allclose(ideas, written.ideas[0], rtol=1e-6)
    page = to_html(picture_of(seen, "", None, [], network.predict(seen), "memory"))
    np.testing.assert_allclose(carried(page)[1]["ideas"], ideas, rtol=2.0**-8)


def test_marks_are_carried_where_the_answer_differs(watched: Store) -> None:
    network = learned(together(watched), watched, registry(), "bfs")
    seen = network.draw(7, 0)
    said = network.predict(seen)
    plain, arrays = carried(to_html(picture_of(seen, "", None, [], said, "memory")))
    differs = said.outputs["pi"][0] != seen.batch.outputs["pi"][0]
    assert np.array_equal(arrays["wrong/pi"][0], differs)
    assert np.array_equal(arrays["predicted/pi"][0], said.outputs["pi"][0])
    (output,) = [one for one in plain["features"] if one["name"] == "pi"]
    assert output["errors"] == [int(differs.sum())]
    reach = [one for one in plain["features"] if one["name"] == "reach_h"]
    assert reach[0]["errors"] == arrays["wrong/reach_h"].sum(axis=1).tolist()


def test_a_network_without_hints_is_shown_by_its_output(watched: Store) -> None:
    network = learned(alone(watched), watched, registry())
    seen = network.draw(network.default_size(), 0)
    made = picture_of(seen, "", None, [], network.predict(seen), "mpnn")
    assert {one.name for one in made.features if one.errors} == {"pred"}
    assert made.ideas == 0


def test_the_size_is_the_largest_that_was_measured_and_can_be_drawn(watched: Store) -> None:
    assert learned(together(watched), watched, registry()).default_size() == 7


def test_numbers_are_wrong_beyond_a_tenth_of_their_range_and_masked_entries_never() -> None:
    number = Feature("d", "hint", "node", "scalar")
    truth = np.array([[0.0, 2.0], [1.0, 4.0]])
    assert tolerance(number, truth) == pytest.approx(0.4)
    said = np.array([[0.39, 2.0], [1.41, np.nan]])
    assert wrong(number, truth, said, 0.4).tolist() == [[0, 0], [1, 1]]
    assert tolerance(number, np.ones(3)) == pytest.approx(0.1), "a number that never changes"
    mask = Feature("m", "hint", "node", "mask")
    assert wrong(mask, np.array([1, 0, -1]), np.array([0, 0, 1]), 0).tolist() == [1, 0, 0]


def test_what_cannot_be_shown_is_said(watched: Store, tmp_path: Path) -> None:
    record = together(watched)
    network = learned(record, watched, registry(), "bfs")
    with pytest.raises(ViewError, match="--point sparse: the trial was not measured there. Did you mean 'sparser'?"):
        network.draw(7, 0, "sparse")
    with pytest.raises(ViewError, match="--algorithm dfs: .* did not learn it. Did you mean 'bfs'?"):
        learned(record, watched, registry(), "dfs")
    failed = record.model_copy(update={"state": "failed", "error": None})
    with pytest.raises(ViewError, match="failed: .*--retry failed"):
        learned(failed, watched, registry())
    with pytest.raises(CheckpointError, match="there are no weights of trial"):
        learned(record, Store(tmp_path), registry())
    gone = record.processor.model_copy(update={"id": "nar-bench/gone", "name": "gone"})
    with pytest.raises(UnknownName, match="processor 'nar-bench/gone' is not known"):
        learned(record.model_copy(update={"processor": gone}), watched, registry())
