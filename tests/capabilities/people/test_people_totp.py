"""One-time codes against the RFC's own vectors."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.capabilities.people import totp

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_6238 = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


@pytest.mark.parametrize(("seconds", "code"), RFC_6238.items())
def test_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(RFC_SECRET, totp.step_of(moment)) == code
    assert totp.matching_step(RFC_SECRET, code, moment) == seconds // 30


@given(st.integers(10**6, 10**10).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)), st.integers(-4, 4))
def test_a_code_is_taken_one_step_to_either_side_and_no_further(moment: datetime, steps: int) -> None:
    secret = totp.new_secret()
    code = totp.code_at(secret, totp.step_of(moment) + steps)
    near = {totp.code_at(secret, totp.step_of(moment) + offset) for offset in (-1, 0, 1)}
    assert (totp.matching_step(secret, code, moment) is not None) == (code in near)


@given(st.text(max_size=12))
def test_any_text_may_be_typed(text: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    step = totp.matching_step(RFC_SECRET, text, moment)
    assert step is None or totp.code_at(RFC_SECRET, step) == "".join(text.split())


def test_what_the_picture_says() -> None:
    address = totp.address(RFC_SECRET, "lin@bank", "Accord")
    assert address == f"otpauth://totp/Accord%3Alin%40bank?secret={RFC_SECRET}&issuer=Accord"


def test_a_step_lasts_thirty_seconds() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert totp.step_of(start + timedelta(seconds=29)) == totp.step_of(start)
    assert totp.step_of(start + timedelta(seconds=30)) == totp.step_of(start) + 1
