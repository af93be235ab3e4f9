"""Three real centres: partners under agreements of their own, and a request between two of which the third knows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from federation_kit.three_centres import Centres, RunningCentre, three_centres

pytestmark = pytest.mark.slow

_ASK = """
from uuid import UUID
from accord.capabilities.exchange.kinds import RequestKind
from accord.capabilities.exchange.crossborder.services import requests
from accord.capabilities.exchange.crossborder.services.requests import RequestFacts
from accord.capabilities.exchange.agreements.queries import in_force
from accord.lab.federation.people import user
terms = in_force(partner).terms
facts = RequestFacts(
    UUID(claim), RequestKind.INFORMATION, terms.offences[0].code, terms.purposes[0], terms.languages[0], wanted, urgent=True
)
answer = str(requests.ask(user("liaison"), partner, facts).pk)
"""
_ANSWER = """
from uuid import UUID
from accord.capabilities.exchange.kinds import Outcome
from accord.capabilities.exchange.crossborder.services import requests
from accord.lab.federation.people import user
requests.answer(user("liaison"), UUID(request), Outcome(outcome), text)
"""
_NOTE = """
from uuid import UUID
from accord.capabilities.exchange.crossborder.services import requests
from accord.lab.federation.people import user
requests.note(user("liaison"), UUID(request), text, escalate=True)
"""
_PARITY = """
from datetime import UTC, datetime, timedelta
import msgspec
from accord.capabilities.exchange.crossborder import figures
from accord.core import clock
from accord.lab.federation.people import user
day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
answer = msgspec.to_builtins(figures.parity(user("liaison"), partner, day, day + timedelta(days=1)))
"""

_ASKED = "Who may sign for the account 88-ASKED-ABOUT?"
_NOTED = "The victim's hearing is tomorrow, says 77-NOTED."
_ANSWERED = "Its director, of 66-ANSWERED Road."


@pytest.fixture(scope="module")
def centres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centres]:
    """Three centres that have agreed on the terms of the demo, for all tests here."""
    with three_centres(tmp_path_factory.mktemp("centres")) as running:
        yield running


def test_three_centres_become_partners_under_agreements_of_their_own(centres: Centres) -> None:
    signed = "SELECT partner_id, hash FROM exchange_agreement WHERE state = 'signed' ORDER BY partner_id"
    found = {centre.code: {row["partner_id"]: row["hash"] for row in centre.rows(signed)} for centre in centres.all.values()}
    assert all(len(partners) == 2 for partners in found.values())
    pairs = {frozenset((one, other)): hash_ for one, partners in found.items() for other, hash_ in partners.items()}
    assert len(set(pairs.values())) == 3
    assert all(found[one][other] == found[other][one] for one, other in pairs)
    keys = {centre.code: centre.rows("SELECT kid FROM exchange_ownkey") for centre in centres.all.values()}
    assert len({row["kid"] for rows in keys.values() for row in rows}) == 6


def test_a_request_goes_there_and_its_answers_come_back(centres: Centres) -> None:
    claim = centres.cn.call("V1")
    request = centres.cn.run(_ASK, partner=centres.sg.code, claim=claim, wanted=_ASKED)
    _until(centres, centres.sg, request, "open")
    centres.cn.run(_NOTE, request=request, text=_NOTED)
    centres.wait_for(lambda: centres.sg.rows("SELECT 1 FROM exchange_threadnote"))
    assert _row(centres.sg, request)["escalated"] == 1
    centres.sg.run(_ANSWER, request=request, outcome="partly", text="A company.")
    _until(centres, centres.cn, request, "partly")
    centres.sg.run(_ANSWER, request=request, outcome="answered", text=_ANSWERED)
    _until(centres, centres.cn, request, "answered")
    assert _ANSWERED in _row(centres.cn, request)["answer"]
    centres.wait_for(lambda: not centres.sg.rows("SELECT 1 FROM exchange_outgoing WHERE state = 'queued'"))
    centres.wait_for(lambda: not centres.cn.rows("SELECT 1 FROM exchange_outgoing WHERE state = 'queued'"))
    here = centres.cn.run(_PARITY, partner=centres.sg.code)
    assert here == centres.sg.run(_PARITY, partner=centres.cn.code)
    (side,) = [side for side in here["sides"] if side["kind"] == "request"]
    assert (side["asker"], side["asked"], side["answered"]) == (centres.cn.code, 1, 1)
    _knows_nothing(centres.th)


def _row(centre: RunningCentre, request: str) -> dict[str, Any]:
    rows = centre.rows("SELECT * FROM exchange_partnerrequest WHERE id = ?", request.replace("-", ""))
    return rows[0] if rows else {}


def _until(centres: Centres, centre: RunningCentre, request: str, state: str) -> None:
    centres.wait_for(lambda: _row(centre, request).get("state") == state)


def _knows_nothing(centre: RunningCentre) -> None:
    """No file of the third centre holds a byte of what the two said."""
    for path in sorted(centre.plan.folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            assert not [said for said in (b"88-ASKED", b"77-NOTED", b"66-ANSWERED") if said in content], path
