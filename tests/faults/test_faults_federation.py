"""Lines between centres cut, slow and lossy; centres killed, restored, with wrong clocks and new keys: both ends agree.

Each centre is a real node on a machine of its own, on a network of the test's own. After whatever happened has healed, each
has on record just what the other has, no message is lost or doubled, and the banks hold each minor unit once, where it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from centres import lay_out
from lab import Lab, lab_of
from levels import deep
from network import namespaces_absent
from three_countries import NOON, VICTIMS

from accord.node import exercise_clock

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(namespaces_absent()), reason=namespaces_absent())]

FAR, NEAR, ONE_WAY = VICTIMS
QUEUED = "state = 'queued'"


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("laid-out")
    lay_out(root)
    return root


@pytest.fixture
def lab(laid_out: Path, tmp_path: Path) -> Iterator[Lab]:
    with lab_of(laid_out, tmp_path, "CN", "SG", "TH") as made:
        yield made


def test_a_centre_is_cut_off_and_comes_back(lab: Lab) -> None:
    """Before the question arrives, and again before the answer does."""
    lab.start("CN", "SG", "TH")
    asking, asked = lab.centres["CN"].end, lab.centres["SG"].end
    lab.net.cut("SG")
    lab.call("CN", ONE_WAY)
    lab.until(lambda: asking.count("exchange_outstream", "last_error <> ''") > 0)
    assert asked.count("exchange_incoming") == 0
    lab.net.heal("SG")
    lab.settle("CN")
    lab.call("CN", FAR)
    lab.until(lambda: asked.count("exchange_foreignenquiry") > 1)
    lab.net.cut("SG")
    answering = ("exchange_foreignenquiry", "next_attempt_at IS NOT NULL")
    lab.until(lambda: asked.count("exchange_outstream", "attempts > 0") or not asked.count(*answering))
    lab.net.heal("SG")
    lab.settle("CN")
    lab.assert_agree(ONE_WAY, FAR)


def test_lines_are_slow(lab: Lab) -> None:
    for one, other in (("CN", "SG"), ("CN", "TH"), ("SG", "TH")):
        lab.net.make(one, other, seconds=0.3)
    lab.start("CN", "SG", "TH")
    lab.call("CN", FAR)
    lab.call("CN", NEAR)
    lab.settle("CN")
    lab.assert_agree(FAR, NEAR)


def test_lines_lose_every_fifth_frame(lab: Lab) -> None:
    for one, other in (("CN", "SG"), ("CN", "TH"), ("SG", "TH")):
        lab.net.make(one, other, lost=0.2)
    lab.start("CN", "SG", "TH")
    lab.call("CN", FAR)
    lab.call("CN", NEAR)
    lab.settle("CN")
    lab.assert_agree(FAR, NEAR)


KILLS = {
    "receiving": ["INSERT exchange_incoming before 1", "INSERT exchange_incoming after 2"],
    "applying": ["UPDATE exchange_incoming before 2", "UPDATE exchange_incoming after 3"],
    "sending": ["INSERT exchange_outgoing before 1", "INSERT exchange_outgoing after 2"],
    "noting what was sent": ["UPDATE exchange_outgoing before 1", "UPDATE exchange_outgoing after 2"],
}
DAILY = {("receiving", "SG"), ("applying", "CN"), ("sending", "SG"), ("noting what was sent", "CN")}
"""Each kind of kill, and each side with two of them; all others are the same fault at the other side."""


def kills_and_sides() -> list[Any]:
    return [
        pytest.param(kind, code, id=f"{kind}-{code}", marks=() if (kind, code) in DAILY else pytest.mark.deep)
        for kind in KILLS
        for code in ("CN", "SG")
    ]


@pytest.mark.parametrize(("kind", "code"), kills_and_sides())
def test_killed_before_and_after_commit(lab: Lab, code: str, kind: str) -> None:
    """The machine loses its power at that very commit, twice, and comes back."""
    others = {"CN", "SG", "TH"} - {code}
    lab.start(*others)
    victim = lab.centres[code]
    claims = [ONE_WAY, FAR]
    for kill, paid in zip(KILLS[kind], claims, strict=True):
        lab.begin(code, kill)
        victim.wait(lab.changes)
        lab.call("CN", paid)
        lab.until(lambda: carried_on(lab, victim.mark))
        victim.kill()
    lab.start(code)
    lab.settle("CN")
    lab.assert_agree(*claims)


def carried_on(lab: Lab, mark: Path) -> bool:
    """Whether the kill has come, while people go on with their work."""
    if "lines of plans" in lab.centres["CN"].end.waiting():
        lab.clerk("CN")("approve")
    return mark.exists()


@pytest.mark.parametrize("days", [1, deep(-1)])
def test_a_partners_clock_is_a_day_off(lab: Lab, days: int) -> None:
    for code in ("SG",) if days > 0 else ("CN", "TH"):  # a bank goes by its country's clock, and has seen no later payment
        exercise_clock.run_on_from(lab.centres[code].home, NOON + timedelta(days=1))
    lab.start("CN", "SG", "TH")
    lab.call("CN", FAR)
    lab.call("CN", NEAR)
    lab.settle("CN")
    lab.assert_agree(FAR, NEAR)


def test_keys_are_renewed_while_messages_wait(lab: Lab) -> None:
    """Both sides have new keys before what was queued under the old ones can leave."""
    lab.start("CN", "SG", "TH")
    lab.net.cut("SG")
    lab.call("CN", FAR)
    lab.until(lambda: lab.centres["CN"].end.count("exchange_outgoing", QUEUED) > 0)
    lab.clerk("CN")("rotate_keys")
    lab.clerk("SG")("rotate_keys")
    lab.net.heal("SG")
    lab.settle("CN")
    lab.call("CN", NEAR)
    lab.settle("CN")
    lab.assert_agree(FAR, NEAR)


def test_a_partner_is_restored_from_yesterdays_backup(lab: Lab, tmp_path: Path) -> None:
    """What it heard and said since the backup it no longer knows. The others do, and its banks do."""
    restore_after(lab, "SG", tmp_path)
    lab.settle("CN")
    lab.assert_agree(ONE_WAY, FAR)
    lab.call("CN", NEAR)
    lab.settle("CN")
    lab.assert_agree(ONE_WAY, FAR, NEAR)


def test_the_asking_centre_is_restored_from_yesterdays_backup(lab: Lab, tmp_path: Path) -> None:
    """It no longer knows the second call, and what it said of it is given back to it. The victim calls again."""
    restore_after(lab, "CN", tmp_path)
    lab.settle("CN")
    assert lab.messages_differ() == ""
    lab.call("CN", FAR)
    lab.call("CN", NEAR)
    lab.settle("CN")
    assert lab.messages_differ() == ""
    most: Counter[str] = Counter()
    for paid in VICTIMS:
        most.update(paid.rests)
    assert lab.held_at_banks() == dict(most), "all of it, and none twice"


def restore_after(lab: Lab, code: str, folder: Path) -> None:
    """A call, a backup, another call; then the centre is what it was at the backup."""
    lab.start("CN", "SG", "TH")
    lab.call("CN", ONE_WAY)
    lab.settle("CN")
    centre = lab.centres[code]
    backup = folder / "yesterday.tar.gz"
    centre.accord("node", "backup", str(backup))
    lab.call("CN", FAR)
    lab.settle("CN")
    centre.stop()
    lab.dismiss(code)
    centre.restore(backup)
    lab.start(code)
