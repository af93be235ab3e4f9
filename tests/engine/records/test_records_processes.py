"""Real processes: loaders killed at every step, two at once, readers meanwhile; and the peer simulator's real files."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from federation_kit.loaded import PIPE, Process, start

from accord.engine.records import RecordKind, RecordStore, SourceMap

HEADER = "id,time,debtor,creditor,amount,currency\n"

LOADER = """
import os, signal, sys
from pathlib import Path
from accord.engine.records import RecordKind, RecordStore

folder, file, fatal = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
steps = 0

def count(event, arguments):
    global steps
    if event in ("os.rename", "os.remove") and str(arguments[0]).startswith(str(folder)):
        steps += 1
        if steps == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
result = RecordStore(folder).load(file, RecordKind.TRANSFERS)
print(result.loaded, result.duplicates, result.rejected)
"""


def write_file(path: Path, ids: range, bad: int = 1) -> Path:
    lines = [f"t{number},{1_700_000_000 + number},A{number % 97},B{number % 89},{number}.25,CNY\n" for number in ids]
    path.write_text(HEADER + "".join(lines) + "bad,1,A,B,0,CNY\n" * bad)
    return path


def start_loader(store: Path, file: Path, fatal: int = 0) -> Process:
    return start(("text", LOADER), store, file, fatal, stdout=PIPE, text=True)


def ids(store: RecordStore) -> list[str]:
    return [id_ for table in store.transfers_after() for id_ in table["id"].to_pylist()]


def assert_sound(store: RecordStore, expected: int) -> None:
    """Numbers without gap, the index and the counters agreeing with the table, and nothing left lying about."""
    numbers = [number for table in store.transfers_after() for number in table["seq"].to_pylist()]
    assert numbers == list(range(expected))
    assert store.status()["transfers"] == expected
    names = ids(store)
    assert store.transfers(names[:: max(1, expected // 50)])["id"].to_pylist() == names[:: max(1, expected // 50)]
    assert not list((store.folder / "staging").iterdir())
    assert not list(store.folder.glob("*.intent"))
    parts = list((store.folder / "transfers").glob("*.parquet"))
    assert len(parts) == len({table["batch"][0].as_py() for table in store.transfers_after()})


@pytest.mark.slow
def test_a_loader_killed_at_any_step_leaves_the_whole_batch_or_none_of_it(tmp_path: Path) -> None:
    outcomes = []
    for fatal in range(1, 50):
        store = RecordStore(tmp_path / f"store{fatal}")
        store.load(write_file(tmp_path / "first.csv", range(100)), RecordKind.TRANSFERS)
        second = write_file(tmp_path / "second.csv", range(50, 300))
        loader = start_loader(store.folder, second, fatal)
        loader.communicate()
        after = len(ids(store))
        assert after in (100, 300)
        outcomes.append(after)
        again = store.load(second, RecordKind.TRANSFERS)
        assert (again.loaded, again.rejected) == (300 - after, 1)
        assert again.rejects_file is not None
        assert again.rejects_file.read_text().count("\n") == 2
        assert store.load(write_file(tmp_path / "third.csv", range(250, 310)), RecordKind.TRANSFERS).duplicates == 50
        assert_sound(store, 310)
        if loader.returncode == 0:
            break
        assert loader.returncode == -signal.SIGKILL
    assert {100, 300} == set(outcomes)
    assert outcomes == sorted(outcomes)
    assert len(outcomes) >= 6


@pytest.mark.slow
def test_a_loader_killed_at_any_step_of_a_compaction_changes_no_rows(tmp_path: Path) -> None:
    template = RecordStore(tmp_path / "template")
    for number in range(31):
        template.load(write_file(tmp_path / "one.csv", range(number, number + 1), bad=0), RecordKind.TRANSFERS)
    last = write_file(tmp_path / "last.csv", range(31, 33), bad=0)
    for fatal in range(3, 50):  # the steps before the commit are those of any load
        folder = tmp_path / f"store{fatal}"
        shutil.copytree(template.folder, folder)
        loader = start_loader(folder, last, fatal)
        loader.communicate()
        store = RecordStore(folder)
        assert ids(store) in ([f"t{number}" for number in range(31)], [f"t{number}" for number in range(33)])
        store.load(write_file(tmp_path / "more.csv", range(31, 34), bad=0), RecordKind.TRANSFERS)
        assert ids(store) == [f"t{number}" for number in range(34)]
        assert not list(folder.glob("*.intent"))
        if loader.returncode == 0:
            break
    assert len(list((folder / "transfers").glob("compacted-*"))) == 1


@pytest.mark.slow
def test_a_loader_killed_while_it_converts_leaves_nothing(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "store")
    large = write_file(tmp_path / "large.csv", range(1_000_000))
    loader = start_loader(store.folder, large)
    while not list(store.folder.glob("staging/*/*.parquet")):
        time.sleep(0.02)
    os.kill(loader.pid, signal.SIGKILL)
    loader.communicate()
    assert list(store.folder.glob("staging/*/*.parquet"))
    assert store.status()["transfers"] == 0
    store.load(write_file(tmp_path / "small.csv", range(10)), RecordKind.TRANSFERS)
    assert_sound(store, 10)


def test_loaders_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "store")
    spans = [range(20_000), range(10_000, 30_000), range(20_000)]
    files = [write_file(tmp_path / f"f{number}.csv", span) for number, span in enumerate(spans)]
    loaders = [start_loader(store.folder, file) for file in files]
    while any(loader.poll() is None for loader in loaders):
        seen = [number for table in store.transfers_after() for number in table["seq"].to_pylist()]
        assert seen == list(range(len(seen)))
        time.sleep(0.3)
    answers = [tuple(map(int, loader.communicate()[0].split())) for loader in loaders]
    assert sum(loaded for loaded, _, _ in answers) == 30_000
    assert sum(loaded + duplicates for loaded, duplicates, _ in answers) == 60_000
    assert sorted(ids(store)) == sorted(f"t{number}" for number in range(30_000))
    assert store.status()["batches"] == 2


@pytest.mark.parametrize("name", ["cycle200", "fanin200"])
def test_the_simulators_files_load_whole_with_the_shipped_map(tmp_path: Path, name: str) -> None:
    data = os.environ.get("ACCORD_TEST_DATA")
    if not data:
        pytest.skip("ACCORD_TEST_DATA is not set: the simulator's files are not here")
    path = Path(data) / "amlsim" / f"{name}-transactions.csv.gz"
    source = np.genfromtxt(path, delimiter=",", skip_header=1, dtype=str)
    store = RecordStore(tmp_path / "store")
    result = store.load(path, RecordKind.TRANSFERS, SourceMap.shipped("amlsim"))
    assert (result.loaded, result.duplicates, result.rejected) == (len(source), 0, 0)
    loaded = np.concatenate(
        [
            np.stack([table[column].to_numpy() for column in ("debtor", "creditor", "amount", "time")], 1)
            for table in store.transfers_after()
        ]
    )
    assert (loaded[:, 0] == source[:, 0]).all()
    assert (loaded[:, 1] == source[:, 1]).all()
    cents = [int(whole) * 100 + int(part.ljust(2, "0")) for whole, _, part in (value.partition(".") for value in source[:, 2])]
    assert loaded[:, 2].tolist() == cents
    days = (loaded[:, 3].astype(np.int64) // 1_000_000 - 1_483_228_800) // 86_400
    assert days.tolist() == source[:, 3].astype(int).tolist()
    assert store.load(path, RecordKind.TRANSFERS, SourceMap.shipped("amlsim")).already_loaded
