"""What a board asks of every record, and of a submission as a whole: a sentence for each thing that is not so.

A record that breaks a rule is of another competition: its numbers may be right, and cannot stand beside the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nar_bench.leaderboard.definition import Definition
from nar_bench.leaderboard.impossible import impossible
from nar_bench.leaderboard.submission import Submission
from nar_bench.results.record import Record
from nar_bench.results.summary import Line
from nar_bench.training.config import TrainConfig


def refusals(definition: Definition, submission: Submission) -> list[str]:
    """Return why a board refuses a submission, and what to do; nothing where it takes it.

    Numbers that are impossible are no reason here: they are flagged where they stand, and `flaws` names them.
    """
    found: list[str] = []
    if submission.board != definition.name:
        return [f"it is for the board {submission.board}, not for {definition.name}"]
    for record in submission.records:
        found += [f"trial {record.trial}: {why}" for why in record_refusals(definition, record)]
    twice = [trial for trial, count in Counter(one.trial for one in submission.records).items() if count > 1]
    found += [f"trial {trial}: it is there more than once; leave one" for trial in twice]
    if unknown := sorted(set(submission.files) - {record.trial for record in submission.records}):
        found.append(
            f"trial {unknown[0]}: the submission lists its files but has no record of it; a record was taken out"
        )
    found += _seeds(submission.lines)
    if not submission.incomplete and not found:
        found += [
            f"{method}: {lacks}; run what is missing, or submit with --incomplete, and it stands apart, unranked"
            for method, lacks in incomplete(definition, submission.lines).items()
        ]
    return found


def flaws(submission: Submission) -> list[str]:
    """Return a sentence for each number of a submission that no true measurement can give."""
    return [f"trial {record.trial}: impossible: {text}" for record in submission.records for text in impossible(record)]


def record_refusals(definition: Definition, record: Record) -> Iterator[str]:
    """Yield why a board refuses one record."""
    suite = definition.suite
    if record.suite != suite:
        yield (
            f"it is of {record.suite.name} {record.suite.version}; this board is of {suite.name} {suite.version}, and "
            "versions never mix"
        )
        return
    names = [used.name for used in record.algorithms]
    if strangers := [name for name in names if name not in definition.algorithms]:
        yield f"{strangers[0]} is no algorithm of this board"
        return
    if (len(names) > 1) != definition.together:
        asked = "all algorithms together" if definition.together else "one algorithm"
        yield f"it trained {len(names)} algorithm{'s' * (len(names) > 1)}; on this board a trial trains {asked}"
    if record.state == "failed":
        return
    for name in names:
        yield from _sizes_seen(definition, record, name)
        yield from _test_set(definition, record, name)


def incomplete(definition: Definition, lines: Sequence[Line]) -> dict[str, str]:
    """Return what each incomplete method lacks."""
    methods: dict[str, dict[str, set[int]]] = {}
    for line in lines:
        methods.setdefault(line.method, {})[line.algorithm] = {
            record.seed for record in line.records if not missing_sizes(definition, record, line.algorithm)
        }
    found = {}
    for method, seeds in methods.items():
        lacks = [
            f"{name} seed {seed}"
            for name in definition.algorithms
            for seed in definition.seeds
            if seed not in seeds.get(name, set())
        ]
        if lacks:
            found[method] = lacking(lacks)
    return found


def lacking(cells: Sequence[str]) -> str:
    """Say which cells are missing; of many only the first."""
    more = f" and {len(cells) - 3} more" if len(cells) > 3 else ""
    return f"it lacks {', '.join(cells[:3])}{more}"


def missing_sizes(definition: Definition, record: Record, algorithm: str) -> list[int]:
    """Return the sizes at which a record lacks the board's metric."""
    has = {
        score.size
        for score in record.scores
        if (score.algorithm, score.point, score.metric) == (algorithm, definition.point, definition.metric)
    }
    return [size for size in definition.sizes_for(algorithm) if size not in has]


def _sizes_seen(definition: Definition, record: Record, name: str) -> Iterator[str]:
    """Look at the options themselves, for what a record says of its protocol may be edited."""
    if definition.track != "strict":
        return
    bound = definition.bound_for(name)
    try:
        given = {**record.config["train"], **record.config["algorithms"][name]["train"]}
        values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in given.items()}
        train = TrainConfig(**values)
    except (KeyError, TypeError) as error:
        yield f"its options of training cannot be read ({error}); this board is of the strict track and asks for them"
        return
    seen = {*train.sizes, *(record.training.sizes.get(name, []) if record.training else [])}
    if beyond := sorted(size for size in seen if size > bound):
        yield f"{name} was trained at n = {beyond[0]}; on this board sizes above {bound} are for the test alone"
    if train.select == "best" and train.validates_at > bound:
        yield (
            f"the weights of {name} were selected at n = {train.validates_at}; on this board sizes above {bound} are "
            "for the test alone"
        )
    said = record.protocol
    if said and (name in said.trained_beyond or name in said.selected_beyond):
        yield f"its own protocol says that {name} saw sizes out of distribution before it was measured"
    if said and said.select != train.select:
        yield f"its protocol says that the {said.select} weights were measured, its options the {train.select}"


def _test_set(definition: Definition, record: Record, name: str) -> Iterator[str]:
    test = definition.test
    own = record.config.get("algorithms", {}).get(name, {})
    seed = record.config.get("evaluate", {}).get("seed")
    if seed != test.seed:
        yield f"its test instances are of seed {seed}; this board's are of seed {test.seed}"
    shift = own.get("evaluate_shift", {})
    if shift != test.shift_of.get(name, {}):
        yield f"{name} was tested at {shift or 'its own distribution'}, which is not this board's"
    counts = {score.count for score in record.scores if score.algorithm == name and score.point == definition.point}
    if wrong := sorted(counts - {definition.count_for(name)}):
        yield f"{name} was tested on {wrong[0]} instances; this board asks for {definition.count_for(name)}"


def _seeds(lines: Sequence[Line]) -> Iterator[str]:
    """Find seeds that a method has on some of its algorithms alone: what is left when bad ones are dropped."""
    methods: dict[str, dict[str, set[int]]] = {}
    for line in lines:
        if twice := [seed for seed, count in Counter(line.seeds).items() if count > 1]:
            yield f"{line.method} on {line.algorithm}: seed {twice[0]} is there more than once; leave one"
        methods.setdefault(line.method, {})[line.algorithm] = set(line.seeds)
    for method, seeds in methods.items():
        every = set().union(*seeds.values())
        for name, has in seeds.items():
            if dropped := sorted(every - has):
                yield (
                    f"{method} on {name}: seed {dropped[0]} is missing, which it has on other algorithms; all seeds "
                    "that were run count, so run it again and submit it too"
                )
