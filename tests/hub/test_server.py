"""The Hub of the tests answers the real clients: every endpoint that they use, pages of long listings, proposals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hub.clients import Client
from hub.server import Hub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TOUR = """
import json
import pandas as pd
from datasets import Dataset, DatasetDict, get_dataset_config_names, load_dataset
from huggingface_hub import CommitOperationAdd, HfApi, HfFileSystem, snapshot_download
api, name, kind = HfApi(), "tester/tour", "dataset"
of = {"repo_type": kind}
said = {"who": api.whoami()["name"], "there before": api.repo_exists(name, **of)}
api.create_repo(name, **of)
rows = Dataset.from_dict({"a": [1, 2, 3]})
DatasetDict({"train": rows, "test": rows}).push_to_hub(name, "one")
rows.push_to_hub(name, "two", split="train")
said["configs"] = get_dataset_config_names(name)
said["streamed"] = [row["a"] for row in load_dataset(name, "one", split="test", streaming=True)]
api.create_branch(name, branch="side", **of)
api.upload_file(path_or_fileobj=b"x" * 9, path_in_repo="deep/down/side.txt", repo_id=name, revision="side", **of)
said["on main"] = api.file_exists(name, "deep/down/side.txt", **of)
said["on side"] = api.file_exists(name, "deep/down/side.txt", revision="side", **of)
change = [CommitOperationAdd("idea.txt", b"idea")]
said["proposal"] = api.create_commit(name, change, commit_message="idea", create_pr=True, **of).pr_url
said["proposed"] = api.file_exists(name, "idea.txt", revision="refs/pr/1", **of)
api.create_tag(name, tag="v1", **of)
api.delete_tag(name, tag="v1", **of)
refs = api.list_repo_refs(name, **of)
said["refs"] = [sorted(one.name for one in refs.branches), [one.name for one in refs.tags]]
api.delete_branch(name, branch="side", **of)
files = HfFileSystem()
said["found"] = sorted(files.glob(f"datasets/{name}/one/*.parquet"))
with files.open(f"datasets/{name}/note.txt", "w") as out:
    out.write("noted")
said["read"] = files.read_text(f"datasets/{name}/note.txt")
said["pandas"] = pd.read_parquet(f"hf://datasets/{said['found'][0].removeprefix('datasets/')}")["a"].tolist()
many = [CommitOperationAdd(f"many/{i:03}.txt", b"%d" % i) for i in range(450)]
api.create_commit(name, many, commit_message="many", **of)
said["many"] = len([one for one in api.list_repo_files(name, **of) if one.startswith("many/")])
said["titles"] = len(api.list_repo_commits(name, **of))
said["copied"] = (__import__("pathlib").Path(snapshot_download(name, **of)) / "many/449.txt").read_text()
api.auth_check(name, **of)
api.update_repo_settings(name, private=True, **of)
said["private"] = api.repo_info(name, **of).private
said["listed"] = [one.id for one in api.list_datasets(author="tester")]
api.delete_repo(name, **of)
said["there after"] = api.repo_exists(name, **of)
print(json.dumps(said))
"""


def test_the_real_clients_find_every_endpoint(tmp_path: Path) -> None:
    with Hub() as hub:
        said = json.loads(Client(hub, tmp_path / "home").python(TOUR).splitlines()[-1])
        assert said == {
            "who": "tester",
            "there before": False,
            "configs": ["one", "two"],
            "streamed": [1, 2, 3],
            "on main": False,
            "on side": True,
            "proposal": f"{hub.url}/datasets/tester/tour/discussions/1",
            "proposed": True,
            "refs": [["main", "side"], []],
            "found": [f"datasets/tester/tour/one/{split}-00000-of-00001.parquet" for split in ("test", "train")],
            "read": "noted",
            "pandas": [1, 2, 3],
            "many": 450,
            "titles": said["titles"],
            "copied": "449",
            "private": True,
            "listed": ["tester/tour"],
            "there after": False,
        }
        assert not hub.repos
        paged = [one for one in hub.requests("GET", "/tree/") if one.status == 200]
        assert len(paged) >= 3, "a long listing comes in pages"
        assert not hub.unknown
