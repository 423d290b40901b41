"""Bundles: what is put in, and what is refused of somebody else's, with nothing written or executed."""

from __future__ import annotations

import io
import random
import stat
import zipfile
from pathlib import Path

import pytest
from leaderboard.made_board import make_definition, record_of, submission_of

from nar_bench.errors import BoardError
from nar_bench.leaderboard import bundle as bundles
from nar_bench.leaderboard.bundle import draft, draft_refusals, file_hash, opened, write_bundle
from nar_bench.leaderboard.definition import Definition
from nar_bench.leaderboard.submission import Submission
from nar_bench.results.record import Record
from nar_bench.results.store import Store

NAMES = ["bfs", "dijkstra"]


@pytest.fixture
def definition(tmp_path: Path) -> Definition:
    return make_definition(tmp_path / "boards", {"Graphs": NAMES}, [0, 1])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made, rng = Store(tmp_path / "run"), random.Random(0)
    for i, name in enumerate(NAMES):
        for seed in (0, 1):
            record = Record.model_validate(record_of(10 * i + seed + 1, "mine", name, seed, 0.8, rng))
            made.write(record)
            for path in (made.predictions(record.trial), made.weights(record.trial)):
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(record.trial.encode() + path.suffix.encode())
    return made


def drafted(store: Store, definition: Definition, apart: bool = False) -> Submission:
    return draft(store, definition, "team", by="me", notes="", commands=["make"], apart=apart).submission


@pytest.mark.parametrize("name", ["team.zip", "team"])
def test_a_bundle_has_records_predictions_hashes_environment_and_commands(
    store: Store, definition: Definition, tmp_path: Path, name: str
) -> None:
    submission = drafted(store, definition)
    assert draft_refusals(definition, submission, without_predictions=False) == []
    write_bundle(submission, store, tmp_path / name, with_weights=False)
    with opened(tmp_path / name) as bundle:
        assert bundle.submission == submission
        assert (bundle.submission.state, bundle.submission.commands) == ("claimed", ["make"])
        assert bundle.submission.environment["python"]
        for record in bundle.submission.records:
            files = bundle.submission.files[record.trial]
            assert files.weights == file_hash(store.weights(record.trial))
            assert files.predictions == file_hash(bundle.predictions(record.trial))
            assert not bundle.weights(record.trial).exists()


def test_weights_come_along_where_they_are_asked_for(store: Store, definition: Definition, tmp_path: Path) -> None:
    write_bundle(drafted(store, definition), store, tmp_path / "team.zip", with_weights=True)
    with opened(tmp_path / "team.zip") as bundle:
        trial = bundle.submission.records[0].trial
        assert bundle.weights(trial).read_bytes() == store.weights(trial).read_bytes()


def test_nothing_is_overwritten(store: Store, definition: Definition, tmp_path: Path) -> None:
    target = tmp_path / "team.zip"
    target.write_text("mine")
    with pytest.raises(BoardError, match="is there already, and is not overwritten"):
        write_bundle(drafted(store, definition), store, target, with_weights=False)
    assert target.read_text() == "mine"


def test_records_of_other_suites_are_left_out_and_named(store: Store, definition: Definition) -> None:
    store.write(
        Record.model_validate(
            {**record_of(99, "mine", "bfs", 0, 0.5, random.Random(1)), "suite": {"name": "x", "version": 1}}
        )
    )
    made = draft(store, definition, "team", by="", notes="", commands=[], apart=False)
    assert len(made.submission.records) == 4
    assert "it is of x 1" in made.left_out[0]


def test_a_folder_with_nothing_for_the_board_or_damaged_records_is_refused(
    store: Store, definition: Definition, tmp_path: Path
) -> None:
    (tmp_path / "none" / "records").mkdir(parents=True)
    with pytest.raises(BoardError, match="it has nothing for the board invented"):
        drafted(Store(tmp_path / "none"), definition)
    (store.records_folder / "0000000000000077.json").write_text("{")
    with pytest.raises(BoardError, match="Run that trial again, or move the file away"):
        drafted(store, definition)


def test_missing_predictions_are_refused_unless_it_stays_claimed(store: Store, definition: Definition) -> None:
    next(iter(store.predictions("x").parent.glob("*.parquet"))).unlink()
    submission = drafted(store, definition)
    (why,) = draft_refusals(definition, submission, without_predictions=False)
    assert "1 trials have no predictions" in why
    assert "--predictions" in why
    assert draft_refusals(definition, submission, without_predictions=True) == []


def test_a_missing_seed_is_refused_unless_it_stands_apart(store: Store, definition: Definition) -> None:
    for path in store.records_folder.glob("*.json"):
        if '"seed": 1' in path.read_text():
            path.unlink()
    assert any(
        "--incomplete" in why
        for why in draft_refusals(definition, drafted(store, definition), without_predictions=True)
    )
    assert draft_refusals(definition, drafted(store, definition, apart=True), without_predictions=True) == []


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in members.items():
            pack.writestr(name, content)
    return path


def good() -> bytes:
    records = [record_of(1, "mine", "bfs", 0, 0.8, random.Random(0))]
    return Submission.model_validate(submission_of("team", records)).to_json().encode()


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.json",
        "/etc/cron.d/evil",
        "predictions/../../evil.parquet",
        "predictions/evil.sh",
        "predictions\\..\\evil.parquet",
        "C:evil",
        "submission.json/evil",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    pack = zip_of(home / "evil.zip", {"submission.json": good(), name: b"evil"})
    with pytest.raises(BoardError, match="is no file of a bundle"), opened(pack):
        pass
    assert list(tmp_path.rglob("*evil*")) == [pack]


def test_a_zip_that_unpacks_to_gigabytes_is_stopped_whatever_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_BYTES", 3 << 20)
    pack = zip_of(tmp_path / "bomb.zip", {"submission.json": good(), f"predictions/{'0' * 16}.parquet": bytes(8 << 20)})
    assert pack.stat().st_size < 50_000
    with pytest.raises(BoardError, match="it unpacks to more than 3 MiB; nothing of it was kept"), opened(pack):
        pass


def test_too_many_members_and_a_member_twice_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MOST_FILES", 2)
    names = {f"weights/{i:016x}.pt": b"" for i in range(3)}
    with (
        pytest.raises(BoardError, match="3 files; a bundle has at most 2"),
        opened(zip_of(tmp_path / "many.zip", names)),
    ):
        pass
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as pack:
        pack.writestr("submission.json", good())
        with pytest.warns(UserWarning, match="Duplicate name"):
            pack.writestr("submission.json", b"{}")
    with pytest.raises(BoardError, match="submission.json is in it twice"), opened(tmp_path / "twice.zip"):
        pass


def test_links_are_refused_packed_or_not(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    folder = tmp_path / "bundle"
    (folder / "predictions").mkdir(parents=True)
    (folder / "submission.json").write_bytes(good())
    (folder / "predictions" / f"{'0' * 16}.parquet").symlink_to(secret)
    with pytest.raises(BoardError, match="it is a link; a bundle holds files alone"), opened(folder):
        pass
    link = zipfile.ZipInfo(f"predictions/{'0' * 16}.parquet")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as pack:
        pack.writestr("submission.json", good())
        pack.writestr(link, str(secret))
    with opened(tmp_path / "link.zip") as bundle:
        unpacked = bundle.predictions("0" * 16)
        assert not unpacked.is_symlink()
        assert unpacked.read_text() == str(secret), "the link's text, not what it points to"


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BoardError, match="cannot be unpacked"), opened(tmp_path / "x.zip"):
        pass
    with pytest.raises(BoardError, match="there is no such bundle"), opened(tmp_path / "nowhere.zip"):
        pass


def test_a_zip_that_is_cut_off_is_refused(store: Store, definition: Definition, tmp_path: Path) -> None:
    write_bundle(drafted(store, definition), store, tmp_path / "team.zip", with_weights=False)
    whole = (tmp_path / "team.zip").read_bytes()
    damaged = io.BytesIO(whole).getvalue()[: len(whole) // 2]
    (tmp_path / "cut.zip").write_bytes(damaged)
    with pytest.raises(BoardError, match="cannot be unpacked"), opened(tmp_path / "cut.zip"):
        pass
