"""Prompts and answers equal what dm-clrs writes; what models say is read and scored."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nar_bench.data.generate import generate
from nar_bench.data_sets.answers import score_answer
from nar_bench.data_sets.text import cut, question_and_answer, text_table
from nar_bench.errors import DataSetError
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import registry

ORACLE = Path(__file__).parent.parent / "oracle"
REFERENCE = json.loads((ORACLE / "text.json").read_text())
BLUEPRINT = tomllib.loads(registry().find(Kind.DATA_SET, "clrs30").file().read_text())
TOLD = {name: tuple(hints) for table in BLUEPRINT["configs"] for name, hints in table.get("told", {}).items()}


def algorithm(name: str) -> Algorithm:
    return registry().load(Kind.ALGORITHM, name)


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_prompts_and_answers_are_the_references(name: str) -> None:
    """Each text is what dm-clrs 2.0.3 writes for a sample of its own sampler; we run on the same inputs."""
    for case in REFERENCE[name]:
        with np.load(ORACLE / "trajectories" / f"{name}__default_n{case['size']}.npz", allow_pickle=False) as stored:
            wanted = [feature.name for feature in algorithm(name).spec.inputs]
            inputs = {one: stored[f"input/{one}"][case["row"]] for one in wanted if f"input/{one}" in stored}
        trajectory = algorithm(name).run(**inputs)
        told = TOLD.get(name, ()) if case["trace"] else ()
        if "0.0" in case["question"] and name in ("mst_kruskal", "strongly_connected_components"):
            case = {**case, "question": _whole(case["question"])}
        question, answer = question_and_answer(algorithm(name), trajectory, trace=case["trace"], told=told)
        assert (question, answer) == (case["question"], case["answer"])


def _whole(question: str) -> str:
    """Print whole numbers as such where all are: the reference goes by the dtype, of which we keep none.

    Of the samples here this is so of scc's graphs, and of a graph of 4 nodes without any edge.
    """
    numbers = re.findall(r"\d\.\d+", question)
    return re.sub(r"(\d)\.0\b", r"\1", question) if all(one in ("0.0", "1.0") for one in numbers) else question


PUBLISHED = [
    # A row of the published files, tomg-group-umd/CLRS-Text-test (Apache-2.0), of size 6.
    (
        "heapsort:\nkey: [0.077 0.512 0.713 0.055 0.905 0.639], "
        "initial_trace: [0.077 0.512 0.713 0.055 0.905 0.639]\ntrace | pred:\n",
        "[0.077 0.512 0.713 0.055 0.905 0.639], [0.077 0.512 0.713 0.055 0.905 0.639], "
        "[0.077 0.512 0.713 0.055 0.905 0.639], [0.077 0.512 0.713 0.055 0.905 0.639], "
        "[0.077 0.905 0.713 0.055 0.512 0.639], [0.077 0.905 0.713 0.055 0.512 0.639], "
        "[0.905 0.077 0.713 0.055 0.512 0.639], [0.905 0.512 0.713 0.055 0.077 0.639], "
        "[0.905 0.512 0.713 0.055 0.077 0.639], [0.639 0.512 0.713 0.055 0.077 0.905], "
        "[0.713 0.512 0.639 0.055 0.077 0.905], [0.713 0.512 0.639 0.055 0.077 0.905], "
        "[0.077 0.512 0.639 0.055 0.713 0.905], [0.639 0.512 0.077 0.055 0.713 0.905], "
        "[0.639 0.512 0.077 0.055 0.713 0.905], [0.055 0.512 0.077 0.639 0.713 0.905], "
        "[0.512 0.055 0.077 0.639 0.713 0.905], [0.512 0.055 0.077 0.639 0.713 0.905], "
        "[0.077 0.055 0.512 0.639 0.713 0.905], [0.077 0.055 0.512 0.639 0.713 0.905], "
        "[0.055 0.077 0.512 0.639 0.713 0.905] | [0.055 0.077 0.512 0.639 0.713 0.905]\n\n",
    ),
    # The examples in the docstring of google-deepmind/clrs, clrs/_src/clrs_text/clrs_utils.py (Apache-2.0).
    (
        "insertion_sort:\nkey: [0.549 0.715 0.603 0.545 0.424]\npred:\n",
        "[0.424 0.545 0.549 0.603 0.715]\n\n",
    ),
    ("find_maximum_subarray_kadane:\nkey: [0.098 0.43 0.206 0.09 -0.153]\nstart, end:\n", "0, 3\n\n"),
    ("binary_search:\nkey: [0.424 0.545 0.549 0.603 0.715], target: 0.646\nreturn:\n", "4\n\n"),
]


@pytest.mark.parametrize(("question", "answer"), PUBLISHED, ids=lambda text: text.partition(":")[0][:20])
def test_published_prompts_have_the_published_answers(question: str, answer: str) -> None:
    """What is read from the prompt alone gives back the prompt, and the answer, character by character."""
    name, given, asked = question.splitlines()
    inputs = {key: [float(one) for one in values.split()] for key, values in re.findall(r"(\w+): \[([^]]*)\]", given)}
    inputs |= {key: float(value) for key, value in re.findall(r"(target): ([\d.]+)", given)}
    inputs.pop("initial_trace", None)
    of = algorithm(name.rstrip(":"))
    made = question_and_answer(of, of.run(**inputs), trace=asked.startswith("trace"))
    assert made == (question, answer)
    assert score_answer(answer, made[1]).exact


@pytest.mark.parametrize("name", ["insertion_sort", "bfs", "binary_search", "matrix_chain_order", "kmp_matcher"])
def test_every_answer_scores_itself_fully_and_another_not(name: str) -> None:
    for case in REFERENCE[name]:
        assert score_answer(case["answer"], case["answer"]).exact
    answers = {case["answer"].rpartition("|")[2].strip(" ()\n") for case in REFERENCE[name] if case["size"] == 8}
    for one in answers:
        for other in answers - {one}:
            # An answer at the end of a longer one is found there, as it is at the end of a sentence.
            assert score_answer(one, other).exact == other.endswith(f" {one}")


def test_numbers_are_cut_before_the_algorithm_runs() -> None:
    """So the answer is that of the prompt as it is printed, not of the digits that are not there."""
    batch = generate(algorithm("insertion_sort"), 64, 3, 0)
    shown = cut(algorithm("insertion_sort"), batch)
    keys = shown.inputs["key"]
    np.testing.assert_array_equal(keys, np.trunc(batch.inputs["key"] * 1000) / 1000)
    table = text_table(algorithm("insertion_sort"), batch, np.arange(3), 64, trace=False, told=())
    for row in table.to_pylist():
        printed = row["question"].split("[")[1].split("]")[0].split()
        assert sorted(printed, key=float) == row["answer"].strip(" []\n").split()
        assert row["text"] == row["question"] + row["answer"]


def test_graphs_as_lists_of_neighbours_have_no_text_form() -> None:
    batch = generate(algorithm("sparse_bfs"), 8, 1, 0)
    with pytest.raises(DataSetError, match="sparse graphs, for which there is no text form"):
        text_table(algorithm("sparse_bfs"), batch, np.arange(1), 8, trace=False, told=())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "said", "parsed", "exact", "share"),
    [
        ("[0 1 2]", "[0 1 2]", True, True, 1.0),
        ("[0 1 2]\n\n", "The answer is [0, 1, 2].", True, True, 1.0),
        ("[0 1 2]", "```\n[0 1 2]\n```", True, True, 1.0),
        ("[0 1 2]", "[9 9 9], [0 1 1] | [0 1 2]", True, True, 1.0),
        ("[0 1 2]", "first [5 5 5], then [0 1 2]", True, True, 1.0),
        ("[0 1 2]", "[0 1 3]", True, False, 2 / 3),
        ("[0 1 2]", "[0 1]", True, False, 0.0),
        ("[0 1 2]", "I do not know.", False, False, 0.0),
        ("[0 1 2]", "0 1 2", False, False, 0.0),
        ("[0.5 0.25]", "[.50 0.250]", True, True, 1.0),
        ("[[0 1], [1 0]]", "A = [[0 1],\n [1 0]]", True, True, 1.0),
        ("4", "It is at 4", True, True, 1.0),
        ("0, 3", "start 0 and end 3", True, True, 1.0),
        ("(0, 0), (1, 2) | (0, 3)", "(0, 0) | (0, 3)", True, True, 1.0),
        ("0, 3", "3", False, False, 0.0),
        ("4", "-4", True, False, 0.0),
    ],
)
def test_free_text_is_read(answer: str, said: str, parsed: bool, exact: bool, share: float) -> None:
    found = score_answer(answer, said)
    assert (found.parsed, found.exact) == (parsed, exact)
    assert found.share == pytest.approx(share)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(-99, 99), min_size=1, max_size=6), st.text(alphabet="abc .,;:\n", max_size=20))
def test_words_before_and_after_do_not_matter(numbers: list[int], words: str) -> None:
    answer = f"[{' '.join(map(str, numbers))}]"
    assert score_answer(answer, f"{words} {answer} {words}").exact


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_whatever_a_model_says_it_gets_a_score(said: str) -> None:
    assert 0.0 <= score_answer("[1 2 3]", said).share <= 1.0
