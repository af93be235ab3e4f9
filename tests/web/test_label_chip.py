"""The handling label as pages show it: every code in words, told apart by text and not by colour alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

from accord.core.labels import Handling, Label, Pap, Tlp
from accord.web.label_words import HANDLING, PAP, TLP, in_words, short

pytestmark = [pytest.mark.database, pytest.mark.django_db]  # the names of partners are rows


def _chip(label: Label | None) -> str:
    return Template("{% load labels %}{% label_chip label %}").render(Context({"label": label}))


def test_every_code_has_words() -> None:
    assert set(TLP) == set(Tlp)
    assert set(HANDLING) == set(Handling)
    assert set(PAP) == set(Pap)


@pytest.mark.parametrize("tlp", list(Tlp))
def test_the_colour_is_that_of_the_code_and_its_name_is_there(tlp: Tlp) -> None:
    chip = _chip(Label("SG-ASC", tlp))
    assert f"label-{tlp.split('+')[0]}" in chip
    assert f"TLP:{tlp.upper()}" in chip


def test_the_chip_says_everything_that_the_label_says() -> None:
    label = Label(
        "SG-ASC+TH-AOC",
        Tlp.RED,
        (Handling.H1, Handling.H3),
        "Not before the arrest.",
        Pap.AMBER,
        "B",
        "2",
        ("fraud_funds",),
        ("CN-ASC",),
        ("MY-ASC",),
        datetime(2026, 3, 1, 4, tzinfo=UTC),
    )
    chip = _chip(label)
    for said in ("SG-ASC, TH-AOC", "Not before the arrest.", "Not in court proceedings", "usually reliable", "probably true"):
        assert said in chip
    for said in ("CN-ASC", "MY-ASC", "2026-03-01 12:00", "H1 · H3 · PAP:AMBER · B2"):
        assert said in chip
    assert short(label).startswith("TLP:RED")


def test_nobody_is_not_everybody() -> None:
    """Where two lists have nothing in common, nobody may know; an empty list means whoever TLP lets."""
    with translation.override("en"):
        closed = dict(in_words(Label("SG-ASC", recipients=("!nobody",))))
        open_ = dict(in_words(Label("SG-ASC")))
    assert closed["Recipients"] == "nobody"
    assert open_["Recipients"] != "nobody"


def test_what_others_wrote_is_escaped() -> None:
    assert "<script>" not in _chip(Label("SG-ASC", handling=(Handling.H3,), handling_text="<script>alert(1)</script>"))


def test_a_label_that_cannot_be_read_says_that_nothing_may_be_done() -> None:
    assert "do nothing with it" in _chip(None)
