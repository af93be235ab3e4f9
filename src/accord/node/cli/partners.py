"""accord partners: other agencies' centres, this node's own card, and its keys."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from accord.core.errors import BadInput, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.core.wording import sentence_of
from accord.node.cli import output, partner_keys
from accord.node.cli.frame import command
from accord.node.cli.options import JsonOption
from accord.node.errors import Msg

if TYPE_CHECKING:
    from accord.capabilities.exchange.models import Partner
    from accord.capabilities.exchange.partners.queries import Fingerprint

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Partners' centres: cards, the words that confirm them, and this node's own keys.",
)
app.add_typer(partner_keys.app, name="keys")

CodeArgument = Annotated[str, typer.Argument(help="The partner's agency code.", show_default=False)]
LanguageOption = Annotated[Literal["en", "zh-hans"], typer.Option(help="Word list: English or Chinese.")]

_CONFIRM_EPILOG = """Examples:

\b
  accord partners words                   the words of this node, to read out
  accord partners confirm SG-ASC          asks for two words that the partner reads out
  accord partners confirm SG-ASC --word 2=orbit --word 7=lemon

Call the partner at a number that you know from elsewhere, never at one that came with the card."""


@command(app, "card", epilog="Example:  accord partners card --out our-card.json")
def card(
    out: Annotated[Path | None, typer.Option(help="File to write; standard output else.", show_default=False)] = None,
) -> None:
    """This node's own card, to give to partners. It holds nothing secret. A new one is issued where the settings changed."""
    from accord.capabilities.exchange.partners import cards
    from accord.capabilities.exchange.partners.services import own_cards
    from accord.capabilities.people.policy import OPERATOR

    data = cards.card_bytes(own_cards.renew(OPERATOR).signed)
    if out is None:
        sys.stdout.write(data.decode())
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise Unavailable(CoreMsg.CANNOT_BE_WRITTEN, why=error.strerror, where=str(out)) from error
    output.note(f"The card is in {out}. Its words: accord partners words")


@command(
    app,
    "add",
    epilog="Examples:  accord partners add sg-card.json    accord partners add https://sg.example/api/partner/v1/card",
)
def add(
    source: Annotated[str, typer.Argument(help="The card's file, or its https:// address.", metavar="FILE|URL")],
    as_json: JsonOption = False,
) -> None:
    """Take a partner's card. A new partner counts once its words were compared; a newer card of a known one at once."""
    from accord.capabilities.exchange.partners.services import partners
    from accord.capabilities.people.policy import OPERATOR

    partner = partners.add(OPERATOR, _read(source))
    if as_json:
        output.print_json(_document(partner))
    elif partner.state == "pending":
        output.note(f"{partner.code} is added. Compare the words with them: accord partners confirm {partner.code}")
    else:
        output.note(f"{partner.code} is up to date (card {partner.card_serial}).")


@command(app, "words", epilog="Examples:  accord partners words    accord partners words SG-ASC --language zh-hans")
def words(
    code: Annotated[str | None, typer.Argument(help="A partner's agency code; this node else.", show_default=False)] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """The eight words of a card. Of a partner that is not confirmed yet, the two that it has to read out are left blank."""
    from accord.capabilities.exchange.partners import queries as known
    from accord.capabilities.people.policy import OPERATOR

    own = code is None
    shown = known.own_fingerprint(OPERATOR, language) if own else known.fingerprint(OPERATOR, str(code), language)
    if as_json:
        output.print_json({"code": code, "words": [word or None for word in shown.words], "asked": list(shown.asked)})
    else:
        typer.echo(_in_a_row(shown))


@command(app, "confirm", epilog=_CONFIRM_EPILOG)
def confirm(
    code: CodeArgument,
    word: Annotated[
        list[str] | None, typer.Option("--word", help="PLACE=WORD, for each that is asked for.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Trust a partner from now on: it has read out the two words that are not shown here, over a line that you know."""
    from accord.capabilities.exchange.partners import queries as known
    from accord.capabilities.exchange.partners.services import partners
    from accord.capabilities.people.policy import OPERATOR

    shown = known.fingerprint(OPERATOR, code)
    told = _told(word) if word else _ask(shown)
    partner = partners.confirm(OPERATOR, code, told)
    if as_json:
        output.print_json(_document(partner))
    else:
        output.note(f"{code} is confirmed.")


@command(app, "list", epilog="Example:  accord partners list --json")
def list_partners(as_json: JsonOption = False) -> None:
    """Every partner: state, whose ledgers it can ask, when its contact is to be called."""
    from accord.capabilities.exchange.partners import queries as known
    from accord.capabilities.people.policy import OPERATOR

    rows = [_document(partner) for partner in known.partners(OPERATOR)]
    if as_json:
        output.print_json(rows)
        return
    table = output.table("code", "name", "state", "answers for", "address", "contact", "test call due")
    for row in rows:
        covers = ", ".join([*row["countries"], *row["institutions"]])
        cells = (row["code"], row["name"], row["state"], covers, row["address"] or "files", row["contact"])
        table.add_row(*cells, row["test_due_at"] or "–")
    output.print_table("Partners of this node", table)


@command(app, "accept", epilog="Example:  accord partners accept SG-ASC")
def accept(code: CodeArgument) -> None:
    """Let a partner answer for the countries and institutions that its newest card has added."""
    from accord.capabilities.exchange.partners.services import partners
    from accord.capabilities.people.policy import OPERATOR

    partner = partners.accept_coverage(OPERATOR, code)
    output.note(f"{code} answers for {', '.join([*partner.countries, *partner.institutions]) or 'nobody'}.")


@command(app, "revoke", epilog='Example:  accord partners revoke SG-ASC --reason "the agency was dissolved"')
def revoke(
    code: CodeArgument,
    reason: Annotated[str, typer.Option(help="Why; it stays on record.", show_default=False)],
    key: Annotated[str, typer.Option(help="One key alone, by its kid.", show_default=False)] = "",
) -> None:
    """End the exchange with a partner at once, or trust one of its keys no longer."""
    from accord.capabilities.exchange.partners.services import partners
    from accord.capabilities.people.policy import OPERATOR

    if key:
        partners.revoke_key(OPERATOR, code, key, reason)
        output.note(f"The key {key} of {code} is revoked.")
    else:
        partners.revoke(OPERATOR, code, reason)
        output.note(f"{code} is revoked.")


@command(app, "test-call", epilog="Example:  accord partners test-call SG-ASC answered")
def note_call(
    code: CodeArgument,
    result: Annotated[
        Literal["answered", "not_answered", "wrong_number"], typer.Argument(help="How the call went.", show_default=False)
    ],
) -> None:
    """Note that somebody called a partner's round-the-clock contact, as is due every month."""
    from accord.capabilities.exchange.partners.services import partners
    from accord.capabilities.people.policy import OPERATOR

    partner = partners.note_test_call(OPERATOR, code, result)
    output.note(f"Noted. The next call to {code} is due {partner.test_due_at:%Y-%m-%d}.")


@command(app, "alarms", epilog="Examples:  accord partners alarms    accord partners alarms --seen 12")
def alarms(
    seen: Annotated[int | None, typer.Option(help="Mark one as looked at, by its number.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """What never happens by accident and nobody has looked at yet: unknown signers, older cards, wrong words."""
    from accord.capabilities.exchange.partners import queries as known
    from accord.capabilities.exchange.partners.services import alarms as looked_at
    from accord.capabilities.people.policy import OPERATOR
    from accord.core import clock

    if seen is not None:
        looked_at.note_seen(OPERATOR, seen)
    rows = [
        {
            "number": alarm.pk,
            "at": clock.to_iso(alarm.at),
            "partner": alarm.partner_id,
            "what": alarm.what,
            "detail": sentence_of(alarm.detail),
        }
        for alarm in known.alarms(OPERATOR)
    ]
    if as_json:
        output.print_json(rows)
        return
    table = output.table("number", "at", "partner", "what", "detail")
    for row in rows:
        table.add_row(*(str(value or "–") for value in row.values()))
    output.print_table("Alarms", table)


def _document(partner: Partner) -> dict[str, Any]:
    from accord.core import clock

    def at(moment: Any) -> str | None:
        return clock.to_iso(moment) if moment else None

    return {
        "code": partner.code,
        "name": partner.name,
        "name_zh": partner.name_zh,
        "state": str(partner.state),
        "jurisdiction": partner.jurisdiction,
        "countries": partner.countries,
        "institutions": partner.institutions,
        "address": partner.address,
        "contact": partner.contact,
        "card_serial": partner.card_serial,
        "confirmed_by": partner.confirmed_by,
        "confirmed_at": at(partner.confirmed_at),
        "tested_at": at(partner.tested_at),
        "test_due_at": at(partner.test_due_at),
    }


def _read(source: str) -> bytes:
    if "://" in source:
        from accord.adapters.partner_cards import fetch_card

        return fetch_card(source)
    from accord.capabilities.exchange.partners.cards import MOST_BYTES

    try:
        with Path(source).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(Msg.CARD_CANNOT_BE_READ, why=error.strerror, where=source) from None


def _told(stated: list[str]) -> dict[int, str]:
    told = {}
    for one in stated:
        place, _, word = one.partition("=")
        if not place.isascii() or not place.isdigit() or not word:
            raise BadInput(Msg.NOT_PLACE_WORD, text=one, where="--word")
        told[int(place)] = word
    return told


def _ask(shown: Fingerprint) -> dict[int, str]:
    if not shown.asked:
        return {}
    output.note(_in_a_row(shown))
    return {place: typer.prompt(f"Word {place}, as the partner reads it out", err=True) for place in shown.asked}


def _in_a_row(shown: Fingerprint) -> str:
    return "  ".join(f"{place}. {word or '____'}" for place, word in enumerate(shown.words, 1))
