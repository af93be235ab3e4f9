"""Kills, threads and several processes: no order is lost, none is carried out twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from sandbox_town import NORTH, SOUTH, Town, at, hold_order, question

from accord.adapters.sandbox_bank import SandboxBanks, StopReason
from accord.capabilities.claims.ports import Credit, EnquiryAnswer
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, Refusal
from accord.core.clock import SteppedClock
from accord.core.errors import Conflict, Corrupt

ORDERS = 40
NAMES = UUID("8d6f3f3a-7e3c-4f0e-9f5d-0a1b2c3d4e5f")


def shared_town() -> Town:
    """Forty victims pay one mule 10.00 each within a minute; the mule has 15.00 of its own and pays on later."""
    town = Town(openings={"n-mule": 1_500, **{f"s-victim-{number}": 1_000 for number in range(ORDERS)}})
    for number in range(ORDERS):
        town.pay(f"V{number}", 1 + number / 100, f"s-victim-{number}", "n-mule", 1_000)
    town.pay("away", 5, "n-mule", "s-next", 11_500)
    town.pay("late", 30, "n-mule", "s-next", 1)
    return town


def order_of(number: int) -> OrderMessage:
    """Two orders about each credit, so that half of them find it held already."""
    credit = Credit(f"V{number // 2 + ORDERS // 2}", 1_000, "CNY")
    return hold_order("n-mule", 1_000, [credit], order_id=uuid5(NAMES, str(number)))


def place(banks: SandboxBanks, number: int) -> OrderAnswer:
    order = order_of(number)
    answer = banks.bank(NORTH).carry_out(order)
    assert isinstance(answer, OrderAnswer)
    check_order_answer(order, answer)
    return answer


def assert_sound(banks: SandboxBanks, answers: dict[int, OrderAnswer]) -> None:
    """All 20 credits that stand (the first 10 paid for "away" after the mule's own 15.00) are held once each."""
    holds = banks.placed_holds()
    assert sum(answer.amount for answer in answers.values()) == sum(hold.amount for hold in holds) == 20_000
    units = [(parcel.transfer, unit) for hold in holds for parcel in hold.parcels for unit in range(parcel.start, parcel.end)]
    assert len(units) == len(set(units)) == 20_000
    assert sum(answer.refusal is Refusal.NOTHING_STANDS for answer in answers.values()) == ORDERS // 2


def test_threads_share_one_bank(day: SteppedClock, tmp_path: Path) -> None:
    banks = shared_town().open(tmp_path)
    day.advance_to(at(10))
    numbers = list(range(ORDERS)) * 3
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda number: place(banks, number), numbers))
    answers = dict(zip(numbers, given, strict=True))
    assert all(answer == answers[number] for number, answer in zip(numbers, given, strict=True)), "same order, same answer"
    assert_sound(banks, answers)


def test_threads_asking_the_same_question_get_the_same_answer(day: SteppedClock, tmp_path: Path) -> None:
    banks = shared_town().open(tmp_path)
    day.advance_to(at(10))
    request = question(banks.bank(NORTH), Credit("V30", 1_000, "CNY"))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: banks.bank(NORTH).enquire(request), range(40)))
    assert isinstance(answers[0], EnquiryAnswer)
    assert all(answer == answers[0] for answer in answers)


def test_two_owners_of_one_folder_follow_each_other(day: SteppedClock, tmp_path: Path) -> None:
    one, other = shared_town().open(tmp_path), shared_town().open(tmp_path)
    day.advance_to(at(10))
    answers = {number: place((one, other)[number % 2], number) for number in range(ORDERS)}
    day.advance_to(at(40))
    assert place(other, 0) == answers[0] == place(one, 0)
    for banks in (one, other):
        banks.advance(at(40))
        assert_sound(banks, answers)
        assert banks.booked()["id"].to_pylist()[-2:] == ["away", "late"]
    assert one.stopped() == other.stopped()
    assert one.booked() == other.booked()
    late = question(SOUTH, Credit("away", 11_500, "CNY"))
    assert one.bank(SOUTH).enquire(late) == other.bank(SOUTH).enquire(late)


WORKER = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from test_sandbox_durability import NORTH, ORDERS, order_of, shared_town
from sandbox_town import at
from accord.core.clock import SteppedClock, use
use(SteppedClock(at(10)))
banks = shared_town().open(Path({folder!r}))
for number in range(ORDERS):
    banks.bank(NORTH).carry_out(order_of(number))
    print(number, flush=True)
"""


def start_worker(folder: Path) -> subprocess.Popen[str]:
    program = WORKER.format(paths=[str(Path(__file__).parent), *sys.path], folder=str(folder))
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=dict(os.environ))


@pytest.mark.parametrize("answered", [0, 3, 17])
def test_a_kill_at_any_moment_neither_loses_nor_doubles_an_order(answered: int, day: SteppedClock, tmp_path: Path) -> None:
    worker = start_worker(tmp_path)
    assert worker.stdout is not None
    for _ in range(answered + 1):
        assert worker.stdout.readline()
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    day.advance_to(at(10))
    banks = shared_town().open(tmp_path)
    kept = {hold.order_id for hold in banks.placed_holds()}
    before = {number for number in range(ORDERS) if banks.bank(NORTH).status(order_of(number).order_id)}
    assert set(range(answered + 1)) <= before
    answers = {number: place(banks, number) for number in range(ORDERS)}
    assert_sound(banks, answers)
    assert kept <= {hold.order_id for hold in banks.placed_holds()}


def test_a_recall_outlives_the_process_that_took_it(day: SteppedClock, tmp_path: Path) -> None:
    def town() -> Town:
        pending = Town(openings={"s-victim": 100})
        pending.pay("P1", 1, "s-victim", "n-mule", 100, settles=20)
        return pending

    first = town().open(tmp_path)
    day.advance_to(at(5))
    recall = hold_order("s-victim", 100, [Credit("P1", 100, "CNY")], kind=OrderKind.RECALL)
    first.bank(SOUTH).carry_out(recall)
    first.close()
    second = town().open(tmp_path)
    day.advance_to(at(60))
    second.advance(at(60))
    assert second.stopped() == {"P1": StopReason.RECALLED}
    assert len(second.booked()) == 0


def test_a_failed_act_leaves_memory_and_file_as_they_were(
    day: SteppedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    banks = shared_town().open(tmp_path)
    day.advance_to(at(10))
    with monkeypatch.context() as broken:
        broken.setattr(type(banks), "_put", _disk_full)
        with pytest.raises(OSError, match="full"):
            place(banks, 0)
    assert not banks.placed_holds()
    assert banks.bank(NORTH).status(order_of(0).order_id) is None
    assert_sound(banks, {number: place(banks, number) for number in range(ORDERS)})


def _disk_full(*_: object) -> None:
    raise OSError("the disk is full")


def test_the_state_of_another_world_is_not_taken_over(day: SteppedClock, tmp_path: Path) -> None:
    shared_town().open(tmp_path).close()
    other = shared_town()
    other.pay("more", 50, "n-mule", "s-next", 1)
    with pytest.raises(Conflict, match="another world"):
        other.open(tmp_path)


def test_a_damaged_state_file_is_named(day: SteppedClock, tmp_path: Path) -> None:
    (tmp_path / "sandbox.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(Corrupt, match=r"sandbox\.sqlite3"):
        shared_town().open(tmp_path)


OPENER = """
import sys
from pathlib import Path
from accord.adapters.sandbox_bank.store import StateStore

sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
for number in range(30):
    StateStore(Path(sys.argv[1]) / str(number), "book").close()
"""


def test_several_processes_open_a_new_state_at_the_same_time(tmp_path: Path) -> None:
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for opener in openers:
        assert opener.stdout is not None
        assert opener.stdout.readline() == b"ready\n"
    said = [opener.communicate(b"go\n", timeout=120) for opener in openers]
    assert [opener.returncode for opener in openers] == [0, 0, 0], said
