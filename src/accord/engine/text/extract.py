"""Find identifiers and amounts in what people write: typed by the words around them first, parsed second.

The passes, each reading only what the earlier ones left: web forms; resident ids (kept out, never reported); IBANs; dates;
amounts with a currency; what a word announces (卡号, WeChat, order no …); and last, what its form alone gives away. So an
order number that looks like a mobile number is an order number.

Long texts are read in pieces that are cut where no identifier can be; every pass is linear in its piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.core.identifiers import Handle, Identifier, IdentifierType, is_iban
from accord.core.money import Money, exponent
from accord.engine.text.amounts import FoundAmount, bare_amount_at, find_amounts
from accord.engine.text.capture import GLUE, LIST_GLUE, read_code, read_value
from accord.engine.text.claims import Claims
from accord.engine.text.context import Label, Sense, find_labels
from accord.engine.text.model import Extraction, Mention, MentionType, TextType
from accord.engine.text.normalise import NormalisedText
from accord.engine.text.shapes import CHAIN, find_dates, find_resident_ids, is_time_stamp
from accord.engine.text.values import Parser, Value, card_by_form, labelled_account, labelled_phone, phone_by_form
from accord.engine.text.web import WebForm, WebPiece, find_web

PIECE: Final = 65_536
"""Characters read at a time."""
MAX_MENTIONS: Final = 50_000
"""Reading stops after the piece that reaches this many: no narrative has them, a pasted table belongs in the records."""
MAX_ATTEMPTS: Final = 100_000
"""Reading also stops after this many parses (some 10 s at worst), so that no text can occupy a process for long."""

_CUT = re.compile(r"[\n。！？!?;；]|(?<=[^0-9]) (?=[^0-9])")
_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?(?![a-z0-9])")
_OPENING = re.compile(r"[+(]{1,2}[0-9]+|[0-9]{3,}|86")
"""The first group of a number that can be told from others: an area code, 138, 6222, +1."""
_NO_VALUE = re.compile(r"[\u3400-\u9fff]|\Z")
_LISTED_HANDLE = re.compile(r"[@+]|[a-z_.-]*[0-9]")
"""Further names after a first one need a sign: "Telegram @abc and asked me" goes on with a word."""
_CLAUSE_END = re.compile(r"[。！？!?\n;；]")
_WEAK_REACH: Final = 24
_SUPPRESSING_REACH: Final = 12
_MAX_LISTED: Final = 50
_CHAT_LINK_HOSTS: Final = {"t.me": "telegram", "telegram.me": "telegram", "wa.me": "whatsapp"}


def extract(text: str, *, region: str = "CN", currency: str = "CNY") -> Extraction:
    """Every mention in `text`. `region` says how national telephone numbers are meant, `currency` what 块 or a bare amount is.

    BadInput for an unknown currency. Time is linear in the text; see `Extraction.read_to` for texts beyond all measure.
    """
    exponent(currency)
    parser = Parser(region.upper())
    mentions: list[Mention] = []
    position = 0
    while position < len(text) and len(mentions) < MAX_MENTIONS and parser.attempts < MAX_ATTEMPTS:
        end = _cut(text, position)
        mentions.extend(_Piece(text[position:end], position, parser, currency).read())
        position = end
    return Extraction(tuple(mentions), position)


def _cut(text: str, start: int) -> int:
    """Where the piece that begins at `start` ends: after a sentence or between words, near PIECE characters on."""
    end = start + PIECE
    if end >= len(text):
        return len(text)
    cuts = [match.end() for match in _CUT.finditer(text, end - PIECE // 16, end)]
    return cuts[-1] if cuts else end


class _Piece:
    """One piece of a text while it is read; `offset` is where it begins in the whole."""

    def __init__(self, source: str, offset: int, parser: Parser, currency: str) -> None:
        self.normalised = NormalisedText(source)
        self.offset = offset
        self.parser = parser
        self.currency = currency
        self.claims = Claims(self.normalised.lowered)
        self.mentions: list[Mention] = []
        self.web: dict[int, WebPiece] = {}

    def read(self) -> list[Mention]:
        """All mentions of the piece in order."""
        self._blank_web()
        self._claim_certain_forms()
        labels = find_labels(self.claims.text)
        unanswered = self._read_labelled(labels)
        self._read_web()
        self.claims.blank()
        self._read_by_form(unanswered)
        self.mentions.sort(key=lambda mention: mention.span)
        return self.mentions

    def _blank_web(self) -> None:
        self.web = {piece.start: piece for piece in find_web(self.claims.text)}
        hidden = Claims(self.claims.text)
        for piece in self.web.values():
            hidden.add(piece.start, piece.end)
        hidden.blank()
        self.claims.text = hidden.text

    def _claim_certain_forms(self) -> None:
        """Resident ids, IBANs, dates and amounts with a currency need no announcement."""
        self._claim_all(find_resident_ids(self.claims.text))
        for match in _IBAN.finditer(self.claims.text):
            self._read_iban(match)
        self.claims.blank()
        self._claim_all(find_dates(self.claims.text))
        self.claims.blank()
        for found in find_amounts(self.claims.text, self.currency):
            self._add_amount(found, "")
        self.claims.blank()

    def _claim_all(self, spans: Iterator[tuple[int, int]]) -> None:
        for start, end in spans:
            self.claims.add(start, end)

    def _read_iban(self, match: re.Match[str]) -> None:
        for group in reversed(list(re.finditer(r"[a-z0-9]+", match[0]))):
            text = match[0][: group.end()]
            if is_iban(text.replace(" ", "").upper()):
                account = self.parser(IdentifierType.BANK_ACCOUNT, text)
                if account is not None:
                    self._add(Value(match.start(), match.start() + len(text), account, 0.99), "")
                    return

    def _read_labelled(self, labels: list[Label]) -> list[Label]:
        """Take what each announcement announces; give back those that were not followed by a value."""
        taken_to, unanswered = 0, []
        next_starts = [*(label.start for label in labels[1:]), len(self.claims.text) + 1]
        for label, next_start in zip(labels, next_starts[: len(labels)], strict=True):
            if label.start < taken_to:
                continue
            end = self._read_after(label, next_start)
            taken_to = max(taken_to, end)
            if not end:
                unanswered.append(label)
        return unanswered

    def _read_after(self, label: Label, next_label: int) -> int:
        """End of the last value read after `label`, 0 for none; what stands behind the next label belongs to that one."""
        position = _after(GLUE, self.claims.text, label.end)
        if position > next_label:
            return 0
        if _NO_VALUE.match(self.claims.text, position) and label.meaning.sense not in (Sense.NAME, Sense.AMOUNT):
            return 0
        last_end = 0
        for place in range(_MAX_LISTED):
            if place and label.meaning.sense is Sense.HANDLE and not _LISTED_HANDLE.match(self.claims.text, position):
                break
            end = self._read_one(label, position)
            if not end:
                break
            last_end = end
            following = _after(LIST_GLUE, self.claims.text, end)
            if following == end or label.meaning.sense in (Sense.NAME, Sense.OTHER):
                break
            position = following
        return last_end

    def _read_one(self, label: Label, position: int) -> int:
        sense = label.meaning.sense
        lowered = self.claims.text
        if sense is Sense.AMOUNT:
            return self._read_bare_amount(label, position)
        if sense in (Sense.REFERENCE, Sense.OTHER):
            end = read_code(lowered, position, 3 if sense is Sense.REFERENCE else 2)
            if end and sense is Sense.REFERENCE:
                self._add_reference(position, end, 0.9, label.word)
            elif end:
                self.claims.add(position, end)
            return end
        value = read_value(self.parser, lowered, self.normalised.text, position, label, self.web.get(position))
        if value is None or self.claims.overlaps(value.start, value.end):
            return 0
        self._add(value, label.word)
        return value.end

    def _read_bare_amount(self, label: Label, position: int) -> int:
        found = bare_amount_at(self.claims.text, position, self.currency)
        if found is None or is_time_stamp(self.claims.text[found.start : found.end]):
            return 0
        self._add_amount(found, label.word)
        return found.end

    def _read_web(self) -> None:
        """What no announcement took of the web forms."""
        for piece in self.web.values():
            if self.claims.overlaps(piece.start, piece.end):
                continue
            identifier = self._web_identifier(piece)
            if identifier is not None:
                self._add(Value(piece.start, piece.end, identifier, 0.97 if piece.sure else 0.7), "")

    def _web_identifier(self, piece: WebPiece) -> Identifier | None:
        text = self.normalised.text[piece.start : piece.end]
        if piece.form is WebForm.EMAIL:
            return self.parser(IdentifierType.EMAIL, text)
        if piece.form is WebForm.DOMAIN:
            return self.parser(IdentifierType.DOMAIN, text)
        if piece.form is WebForm.ALIAS:
            return None
        url = self.parser(IdentifierType.URL, text)
        platform = _CHAT_LINK_HOSTS.get(url.canonical.split("/")[2]) if url is not None else None
        handle = self.parser(IdentifierType.HANDLE, text, service=platform) if platform else None
        return handle if isinstance(handle, Handle) else url

    def _read_by_form(self, labels: list[Label]) -> None:
        """Numbers that nothing right before them announced: by a word further away, else by their form."""
        following = 0
        for match in CHAIN.finditer(self.claims.text):
            while following < len(labels) and labels[following].end <= match.start():
                following += 1
            label = self._near(labels[following - 1] if following else None, match.start())
            position = match.start()
            while position < match.end():
                opening = _OPENING.search(self.claims.text, position, match.end())
                if opening is None:
                    break
                position = self._read_chain(self.claims.text[opening.start() : match.end()], opening, label)

    def _near(self, label: Label | None, position: int) -> Label | None:
        """`label` where it may still speak of `position`: near, in the same sentence, nothing claimed between."""
        if label is None:
            return None
        suppressing = label.meaning.sense in (Sense.REFERENCE, Sense.OTHER)
        between = self.claims.text[label.end : position]
        if len(between) > (_SUPPRESSING_REACH if suppressing else _WEAK_REACH) or _CLAUSE_END.search(between):
            return None
        if "\x00" in between or (suppressing and "," in between):
            return None
        return label

    def _read_chain(self, chain: str, opening: re.Match[str], label: Label | None) -> int:
        """Read what `chain`, which begins with the group `opening`, begins with; the position to go on at."""
        start, after_group = opening.span()
        sense = label.meaning.sense if label is not None else None
        if label is not None and sense is Sense.REFERENCE and len(opening[0]) >= 6:
            self._add_reference(start, after_group, 0.6, label.word)
            return after_group
        if sense is Sense.OTHER:
            return after_group
        value = card_by_form(self.parser, chain, start) or phone_by_form(self.parser, chain, start)
        if value is None and sense is Sense.PHONE:
            value = labelled_phone(self.parser, chain, start)
        if value is None and sense is Sense.ACCOUNT:
            value = labelled_account(self.parser, IdentifierType.BANK_ACCOUNT, chain, start, least=9)
        if value is None:
            return after_group
        near = label is not None and sense in (Sense.PHONE, Sense.ACCOUNT)
        self._add(value, label.word if label is not None and near else "")
        return value.end

    def _add(self, value: Value, context: str) -> None:
        found = value.identifier
        self._mention(value.start, value.end, found.type, found.canonical, value.confidence, context, identifier=found)

    def _add_amount(self, found: FoundAmount, context: str) -> None:
        canonical = f"{found.money.decimal():f} {found.money.currency}"
        self._mention(found.start, found.end, TextType.AMOUNT, canonical, found.confidence, context, money=found.money)

    def _add_reference(self, start: int, end: int, confidence: float, context: str) -> None:
        canonical = self.normalised.text[start:end].replace(" ", "").upper()
        self._mention(start, end, TextType.REFERENCE, canonical, confidence, context)

    def _mention(
        self,
        start: int,
        end: int,
        kind: MentionType,
        canonical: str,
        confidence: float,
        context: str,
        *,
        identifier: Identifier | None = None,
        money: Money | None = None,
    ) -> None:
        """Claim the stretch and note the mention at its place in the original."""
        self.claims.add(start, end)
        source_start, source_end = self.normalised.source_span(start, end)
        raw = self.normalised.source[source_start:source_end]
        span = (source_start + self.offset, source_end + self.offset)
        self.mentions.append(Mention(span, raw, kind, canonical, confidence, context, identifier, money))


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match is not None else position
