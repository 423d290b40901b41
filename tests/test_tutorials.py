"""The commands of the tutorials do what the text says, in its order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nar_bench.results.store import Store

TUTORIALS = Path(__file__).parent.parent / "docs" / "tutorials"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_from_a_laptop_to_a_cluster(tmp_path: Path) -> None:
    text = (TUTORIALS / "from_a_laptop_to_a_cluster.md").read_text()
    (suite,) = blocks(text, "toml")
    (program,) = blocks(text, "python")
    install, *commands = blocks(text, "bash")
    assert install.startswith("pip install")
    assert len(commands) == text.count("```bash") - 1
    (tmp_path / "small.toml").write_text(suite)
    (tmp_path / "program.py").write_text(program)
    # One shell, as a person has; what each block prints is between lines that name it.
    script = "set -euo pipefail\n" + "".join(f"echo '==={i}==='\n{block}" for i, block in enumerate(commands))
    done = subprocess.run(
        ["bash", "-c", f"{script}\necho '===python==='\npython program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RAY_USAGE_STATS_ENABLED": "0",
        },
    )
    said = re.split(r"^===(?:\d+|python)===$", done.stdout, flags=re.MULTILINE)[1:]
    assert done.returncode == 0, f"block {len(said) - 1}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    by_start = {block.split("\n")[0]: out for block, out in zip([*commands, "python"], said, strict=True)}

    def out_of(start: str, which: int = 0) -> str:
        found = [out for block, out in zip(commands, said, strict=False) if block.startswith(start)]
        return found[which]

    assert "4 trials: 4 to do" in out_of("nar-bench plan")
    assert "estimate: " in out_of("nar-bench plan")
    assert "small: 4 of 4 trials to run" in out_of("nar-bench run small.toml --threads 1")
    assert "small: 0 of 4 trials to run" in out_of("nar-bench run small.toml --threads 1", 1)
    assert "running for" in out_of("until")
    assert "killed: bfs / " in out_of("kill -9")
    assert "nothing runs; the same command as before goes on" in out_of("kill -9")
    long = Store(tmp_path / "runs" / "long").records()[0]
    assert [record.state for record in long] == ["done"] * 4
    assert any(record.training and record.training.resumed_from for record in long), "one went on from its checkpoint"
    assert any((tmp_path / "runs" / "workers" / "observers" / "tensorboard").iterdir())
    assert "exit code 1" in out_of("nar-bench run small.toml --out runs/hurried")
    assert "its time limit, and was stopped" in out_of("nar-bench run small.toml --out runs/hurried")
    assert "small: 4 of 4 trials to run" in out_of("nar-bench run small.toml --out runs/hurried", 1)
    for name in ("small", "workers", "hurried", "ray", "slurm", "python"):
        good, bad = Store(tmp_path / "runs" / name).records()
        assert ([record.state for record in good], bad) == (["done"] * 4, []), name
    for name in ("small.md", "small.tex", "small.parquet", "runs/small/board/index.html"):
        assert (tmp_path / name).stat().st_size > 100
    assert "4 done" in by_start["python"]
