"""A broken plugin is one row with its reason; everything else goes on."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

import pytest
from plugin.conftest import NarBench
from plugin.zoo import DEADLY, ZOO

OWN = {
    "clrs30",
    "executors",
    "learners",
    "observers",
    "processors",
    "salsa",
    "similarity",
    "targets",
    *(["dgl"] if find_spec("dgl") else []),
}


def rows_of(output: str, name: str = "plugin") -> dict[str, Any]:
    return {(row["distribution"], row["plugin"]): row for row in json.loads(output)}


def test_all_of_them_at_once_are_rows_and_nothing_else_is_lost(nar_bench: NarBench) -> None:
    done = nar_bench("plugins", "--json", animals=list(ZOO))
    assert done.returncode == 0
    rows = rows_of(done.stdout)
    for number, (name, animal) in enumerate(ZOO.items()):
        row = rows["zoo-" + name.replace("_", "-"), animal.entry_point or name]
        assert row["status"] == animal.status, name
        assert animal.reason in row["reason"], name
        assert row["version"] == f"1.2.{number}"
    assert {
        row["plugin"] for row in rows.values() if row["distribution"] == "nar-bench" and row["status"] == "ok"
    } == OWN


def test_every_other_command_still_works_with_all_of_them(nar_bench: NarBench) -> None:
    assert nar_bench("--help", animals=list(ZOO)).returncode == 0
    assert nar_bench("--version", animals=list(ZOO)).stdout.startswith("nar-bench, version")
    listed = nar_bench("list", "--json", animals=list(ZOO))
    assert listed.returncode == 0
    ids = {entry["id"] for entry in json.loads(listed.stdout)}  # what a plugin prints does not end up in here
    assert {"nar-bench/bfs", "nar-bench/mpnn", "nar-bench/dot", "nar-bench/quickstart"} <= ids
    assert {"zoo-healthy/healthy_one", "zoo-chatty/chatty_one"} <= ids
    assert {"zoo-same-entry-point-a/shared_a", "zoo-same-entry-point-b/shared_b"} <= ids
    assert not any(name in one for one in ids for name in ("half_", "misspelt_one", "wrong_one", "bad_one"))
    for name, animal in ZOO.items():
        warned = f"plugin '{animal.entry_point or name}' (zoo-{name.replace('_', '-')})" in listed.stderr
        assert warned == (animal.status not in ("ok", "unavailable"))
    planned = nar_bench("plan", "quickstart", "--json", "--out", "/nowhere", animals=list(ZOO))
    assert planned.returncode == 0
    assert all(trial["state"] == "to do" for trial in json.loads(planned.stdout)["trials"])


@pytest.mark.parametrize("name", list(ZOO))
def test_each_alone_is_a_row(nar_bench: NarBench, name: str) -> None:
    done = nar_bench("plugins", "--json", animals=[name])
    (row,) = (row for (distribution, _), row in rows_of(done.stdout).items() if distribution.startswith("zoo-"))
    alone = "ok" if name == "twin_b" else ZOO[name].status
    assert (done.returncode, row["status"]) == (0, alone)


def test_a_name_that_two_third_parties_claim_belongs_to_neither(nar_bench: NarBench) -> None:
    done = nar_bench("check", "twin", animals=["twin_a", "twin_b"])
    assert done.returncode == 2
    assert (
        "algorithm 'twin' is registered by several plugins; say which: zoo-twin-a/twin, zoo-twin-b/twin." in done.stderr
    )


def test_a_third_party_cannot_take_over_a_name_of_ours(nar_bench: NarBench) -> None:
    done = nar_bench("check", "bfs", "--json", animals=["usurper"], NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0
    assert {row["component"] for row in json.loads(done.stdout)} == {"nar-bench/bfs"}
    other = nar_bench("check", "zoo-usurper/bfs", animals=["usurper"])
    assert "algorithm 'bfs' of plugin 'usurper' (zoo-usurper 1.2" in other.stdout
    assert "ModuleNotFoundError: No module named 'zoo_target'" in other.stdout


def test_disabled_plugins_are_not_imported(nar_bench: NarBench) -> None:
    done = nar_bench("plugins", "--json", animals=["hangs", "healthy"], NAR_BENCH_DISABLE_PLUGINS="hangs")
    rows = rows_of(done.stdout)
    assert rows["zoo-hangs", "hangs"]["status"] == "disabled"
    assert rows["zoo-healthy", "healthy"]["status"] == "ok"
    safe = rows_of(nar_bench("plugins", "--json", animals=["hangs", "healthy"], NAR_BENCH_DISABLE_PLUGINS="*").stdout)
    assert {row["status"] for (distribution, _), row in safe.items() if distribution != "nar-bench"} == {"disabled"}
    assert {row["status"] for (distribution, _), row in safe.items() if distribution == "nar-bench"} == {"ok"}


@pytest.mark.slow
def test_the_doctor_survives_even_those_that_kill_their_process(nar_bench: NarBench) -> None:
    animals = ["healthy", "hangs_stubbornly", "exits", *DEADLY]
    done = nar_bench("plugins", "--doctor", "--json", "--limit", "25", animals=animals)
    assert done.returncode == 1
    rows = rows_of(done.stdout)
    for name, animal in DEADLY.items():
        row = rows[f"zoo-{name}", name]
        assert row["status"] == animal.doctor
        assert animal.reason in row["reason"]
    assert rows["zoo-hangs-stubbornly", "hangs_stubbornly"]["status"] == "timeout"
    assert "it was not done after 25 s" in rows["zoo-hangs-stubbornly", "hangs_stubbornly"]["reason"]
    assert rows["zoo-exits", "exits"]["reason"] == "it called sys.exit(3)"
    assert "cannot be loaded from zoo_target:NOTHING" in rows["zoo-healthy", "healthy"]["reason"]
    own = {row["status"] for (distribution, _), row in rows.items() if distribution == "nar-bench"}
    assert own <= {"ok", "unavailable"}


@pytest.mark.slow
def test_the_doctor_says_how_to_get_rid_of_a_plugin(nar_bench: NarBench) -> None:
    done = nar_bench("plugins", "--doctor", "--limit", "40", animals=["exits"])
    assert "NAR_BENCH_DISABLE_PLUGINS=exits" in done.stdout
    assert "pip uninstall zoo-exits" in done.stdout


def test_a_plugin_that_says_what_it_lacks_is_told_of_in_one_line_and_is_no_fault(nar_bench: NarBench) -> None:
    done = nar_bench("plugins", "--doctor", "--limit", "100", animals=["lacks_something"])
    (line,) = (line for line in done.stdout.splitlines() if "zoo-lacks-something" in line)
    assert line.split()[3:5] == ["unavailable", "0"]
    assert line.rstrip().endswith("it needs a spoon; buy one")
    assert done.returncode == 0


def test_the_table_wraps_reasons_on_a_terminal_and_cuts_nothing_in_a_pipe(nar_bench: NarBench) -> None:
    done = nar_bench("plugins", animals=["misspelt_hook"])
    assert ZOO["misspelt_hook"].reason in done.stdout
