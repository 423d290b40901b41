"""Data sets are published and fetched by the real clients, whatever goes wrong on the way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from data_sets.small import built
from hub.clients import Client, finished
from hub.server import TOKEN, Hub

from nar_bench.data_sets.manifest import read_manifest
from nar_bench.data_sets.tree import check_tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BLUEPRINT = """
name = "tiny"
version = 1
summary = "A tiny data set."
[[configs]]
algorithms = ["bfs", "insertion_sort"]
[configs.splits]
train = { size = 8, count = 40 }
test_n8 = { size = 8, count = 5 }
test_n16 = { size = 16, count = 5 }
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    built(folder, BLUEPRINT)
    return folder / "set"


@pytest.fixture
def hub():
    with Hub() as made:
        yield made


@pytest.fixture
def client(hub: Hub, tmp_path: Path) -> Client:
    return Client(hub, tmp_path / "home")


def pulled(client: Client, tmp_path: Path, name: str = "pulled") -> Path:
    client.run("data", "pull", "tester/tiny@v1", "-o", str(tmp_path / name))
    return tmp_path / name


def assert_same_rows(one: Path, other: Path) -> None:
    mine, theirs = check_tree(one), check_tree(other)
    assert {file.path: file.sha256 for file in mine.files} == {file.path: file.sha256 for file in theirs.files}


def test_published_in_one_commit_tagged_loaded_and_fetched(
    hub: Hub, client: Client, tiny: Path, tmp_path: Path
) -> None:
    said = client.run("data", "push", "tester/tiny", str(tiny))
    assert "nothing was sent" in said
    assert not hub.repos
    assert not hub.requests("POST", "commit|create|preupload")
    said = client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    assert "tag v1" in said
    repo = hub.repo("tester/tiny")
    assert len(repo.commits) == 2
    assert repo.tags == {"v1": repo.head.oid}
    assert {path for path in repo.head.tree if path != ".gitattributes"} == {
        path.relative_to(tiny).as_posix() for path in tiny.rglob("*") if path.is_file() and ".build" not in path.parts
    }
    assert "tester/tiny" in repo.head.tree["README.md"].decode()
    loaded = client.python(
        "import json\n"
        "from datasets import load_dataset, get_dataset_config_names\n"
        "rows = load_dataset('tester/tiny', 'bfs', split='test_n16', revision='v1')\n"
        "streamed = load_dataset('tester/tiny', 'bfs', split='train', revision='v1', streaming=True)\n"
        "print(json.dumps([get_dataset_config_names('tester/tiny'), rows[3]['pi'], len(list(streamed))]))"
    )
    names, pi, count = json.loads(loaded.splitlines()[-1])
    assert names == ["bfs", "insertion_sort"]
    assert count == 40
    from nar_bench.data_sets.shards import read_table

    assert pi == read_table(tiny / "bfs/test_n16-00000-of-00001.parquet").column("pi")[3].as_py()
    assert_same_rows(pulled(client, tmp_path), tiny)
    assert all(header in ("", f"Bearer {TOKEN}") for header in hub.authorizations)
    written = [path for folder in (client.home, tmp_path / "pulled") for path in folder.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in written)


def test_what_is_published_already_is_not_sent_again(hub: Hub, client: Client, tiny: Path) -> None:
    client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    before = len(hub.requests("PUT", "/lfs/")), len(hub.repo("tester/tiny").commits)
    said = client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    assert "0 files to add or change" in said
    assert (len(hub.requests("PUT", "/lfs/")), len(hub.repo("tester/tiny").commits)) == before


def test_a_published_tag_never_changes(hub: Hub, client: Client, tiny: Path, tmp_path: Path) -> None:
    client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    built(tmp_path, BLUEPRINT.replace("count = 40", "count = 41"))
    said = client.run("data", "push", "tester/tiny", str(tmp_path / "set"), "--yes", code=2)
    assert "has other rows there than here. Raise the version in the blueprint" in said
    built(tmp_path / "two", BLUEPRINT.replace("version = 1", "version = 2"))
    said = client.run("data", "push", "tester/tiny", str(tmp_path / "two/set"), "--yes", "--tag", "v1", code=2)
    assert "tag v1 is published and never changes" in said
    repo = hub.repo("tester/tiny")
    assert len(repo.commits) == 2
    client.run("data", "push", "tester/tiny", str(tmp_path / "two/set"), "--yes")
    assert set(repo.tags) == {"v1", "v2"}
    assert_same_rows(pulled(client, tmp_path), tiny)


def test_faults_of_the_server_are_survived(hub: Hub, client: Client, tiny: Path, tmp_path: Path) -> None:
    hub.fail("POST", "/repos/create", 503)
    hub.fail("POST", "/preupload/", 500)
    hub.fail("POST", "/objects/batch", 502)
    hub.fail("PUT", "/lfs/", 500)
    hub.fail("PUT", "/lfs/", "drop", skip=1)
    hub.fail("POST", "/commit/", 503, times=2)
    hub.fail("POST", "/tag/", 500)
    client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    assert not any(fault.times for fault in hub.faults)
    assert len(hub.repo("tester/tiny").commits) == 2
    hub.fail("GET", "/resolve/", 502)
    hub.fail("GET", "/lfs/", "truncate")
    hub.fail("GET", "/lfs/", "corrupt", skip=2)
    hub.fail("GET", "/lfs/", 500, skip=3)
    assert_same_rows(pulled(client, tmp_path), tiny)
    assert not any(fault.times for fault in hub.faults)


def test_someone_else_commits_between_look_and_commit(hub: Hub, client: Client, tiny: Path) -> None:
    """The 412 that the push of `datasets` 5.2 does not survive: we look again and nothing of theirs is lost."""

    def interloper(server: Hub) -> None:
        repo = server.repo("tester/tiny")
        server.commit(repo, {**repo.head.tree, "theirs.txt": b"x"}, "theirs")

    hub.fail("POST", "/commit/", interloper)
    said = client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    assert "someone else committed; looking again" in said
    repo = hub.repo("tester/tiny")
    assert [request.status for request in hub.requests("POST", "/commit/")] == [412, 200]
    assert repo.commits[repo.head.parent or ""].title == "theirs"
    assert len({request.path for request in hub.requests("PUT", "/lfs/")}) == len(hub.requests("PUT", "/lfs/")) == 6


def test_two_who_publish_parts_at_once_lose_nothing(hub: Hub, client: Client, tiny: Path, tmp_path: Path) -> None:
    processes = []
    for name in ("bfs", "insertion_sort"):
        built(tmp_path / name, BLUEPRINT, only=(name,))
        arguments = ("data", "push", "tester/tiny", str(tmp_path / name / "set"), "--yes", "--no-tag")
        processes.append(Client(hub, tmp_path / f"home-{name}").start(*arguments))
    for process in processes:
        finished(process)
    said = client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    assert "(0.0 MB)" in said, "all rows are there"
    assert_same_rows(pulled(client, tmp_path), tiny)
    configs = client.python(
        "from datasets import get_dataset_config_names as n; print(n('tester/tiny', revision='v1'))"
    )
    assert configs.strip() == "['bfs', 'insertion_sort']"


def test_an_upload_that_is_killed_goes_on_where_it_stopped(hub: Hub, client: Client, tiny: Path) -> None:
    process = client.start("data", "push", "tester/tiny", str(tiny), "--yes")
    hub.fail("PUT", "/lfs/", lambda server: process.kill(), skip=3)
    hub.fail("PUT", "/lfs/", "drop", times=2, skip=3)  # the uploads that are under way at once do not all arrive
    # Also closes its pipes: the hub's faults hold the process, so else they close whenever garbage is collected, and
    # the warning of it fails whatever test then runs.
    process.communicate(timeout=120)
    hub.settle()
    hub.faults.clear()
    arrived = len(hub.repo("tester/tiny").large)
    assert 1 <= arrived < 6
    assert len(hub.repo("tester/tiny").commits) == 1, "nothing half is published"
    hub.log.clear()
    client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    assert len(hub.requests("PUT", "/lfs/")) == 6 - arrived


def test_a_token_that_expires_half_way_is_told_and_what_arrived_is_kept(hub: Hub, client: Client, tiny: Path) -> None:
    def expire(server: Hub) -> None:
        server.token = "hf_thenewtokenofthisuser"

    hub.fail("POST", "/commit/", expire)
    said = client.run("data", "push", "tester/tiny", str(tiny), "--yes", code=2)
    assert "the Hub answered 401" in said
    assert "The token is not valid, has expired" in said
    assert len(hub.repo("tester/tiny").commits) == 1, "nothing half is published"
    hub.token = TOKEN
    hub.log.clear()
    client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    assert not hub.requests("PUT", "/lfs/"), "all had arrived"
    assert hub.repo("tester/tiny").tags == {"v1": hub.repo("tester/tiny").head.oid}


def test_a_download_that_stays_damaged_is_refused(hub: Hub, client: Client, tiny: Path, tmp_path: Path) -> None:
    client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    repo = hub.repo("tester/tiny")
    path = "bfs/train-00000-of-00001.parquet"
    changed = bytearray(repo.head.tree[path])
    changed[40] ^= 1
    repo.head.tree[path] = bytes(changed)
    said = client.run("data", "pull", "tester/tiny@v1", "-o", str(tmp_path / "pulled"), code=2)
    assert "what the Hub sends is damaged: its SHA-256 is" in said
    assert not (tmp_path / "pulled" / path).exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["push", "tester/tiny", "FOLDER", "--yes"], "The token is not valid, has expired"),
        (["pull", "tester/none@v1", "-o", "OUT"], "There is no such repository or revision"),
        (["pull", "tester", "-o", "OUT"], "OWNER/NAME@REVISION is needed"),
    ],
)
def test_an_error_says_what_to_do_and_no_secret(
    hub: Hub, client: Client, tiny: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    hub.token = "hf_anotherone"
    named = {"FOLDER": str(tiny), "OUT": str(tmp_path / "out")}
    assert says in client.run("data", *[named.get(one, one) for one in arguments], code=2)


def test_without_a_token_nothing_is_tried(hub: Hub, tiny: Path, tmp_path: Path) -> None:
    said = Client(hub, tmp_path / "home", token=False).run("data", "push", "tester/tiny", str(tiny), "--yes", code=2)
    assert "Run `hf auth login`" in said
    assert not hub.requests("POST", ".")


def test_a_pull_that_was_cut_short_fetches_the_rest_alone(hub: Hub, client: Client, tiny: Path, tmp_path: Path) -> None:
    client.run("data", "push", "tester/tiny", str(tiny), "--yes")
    folder = pulled(client, tmp_path)
    (folder / "bfs/train-00000-of-00001.parquet").unlink()
    (folder / "manifest.json").unlink()
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    hub.log.clear()
    pulled(client, tmp_path)
    assert len(hub.requests("GET", "/lfs/")) == 1
    assert read_manifest(folder).files == read_manifest(tiny).files
