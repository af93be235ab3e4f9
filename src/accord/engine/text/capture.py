"""What stands right after a word that announces it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from accord.core.identifiers import IdentifierType, Platform
from accord.engine.text.context import VOCABULARY, Label, Sense
from accord.engine.text.shapes import CHAIN_HERE
from accord.engine.text.values import Parser, Value, labelled_account, labelled_phone, prefixes
from accord.engine.text.web import WebForm, WebPiece

GLUE = re.compile(
    r"(?:[\s:#=>\"'“”‘’「」【\[(,.|/*-]|是|为|為|号|號|码|碼|就|的|了|我|他|她|对方|對方|骗子|到|至|给|給|有|这个|那个|这|叫|在|为|用"
    r"|(?:no|number|num|id|is|was|are|of|to|the|his|her|my|their|your|our|at|on|account|acct|called|named|via|in|for|me|him|it|he|she|they|them"
    r"|gave|as|with|by|a|an|using|username|user|handle|said|about|another|around|over|approximately|nearly|almost|than|more|from)(?![a-z0-9_]))"
    r"{0,16}"
)
"""Signs and small words between an announcement and its value."""

LIST_GLUE = re.compile(r"(?:[\s,、/;]|和|及|与|跟|还有|或者|或|and(?![a-z])|or(?![a-z])){1,6}")
"""What stands between two values of one announcement."""

_TOKEN = re.compile(r"@?[a-z0-9][a-z0-9_.+-]{0,63}")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{1,63}(?: [0-9]{3,8}(?![0-9]|[a-z])){0,5}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_MARKED = re.compile(r"[:@]|\bid\b|号|號|username|handle|\bis\b|是|叫")
_NOT_A_NAME: Final = frozenset(VOCABULARY) | frozenset(
    {
        "app",
        "pay",
        "apps",
        "group",
        "chat",
        "message",
        "messages",
        "and",
        "then",
        "that",
        "this",
        "please",
        "number",
        "account",
        "moments",
    }
)
_NO_NAME_PART: Final = frozenset(VOCABULARY) | frozenset(
    {"address", "age", "and", "email", "new", "number", "president", "sex", "us"}
)
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
    "雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鍾譚鄒陸顧龍錢湯喬賀賴龔龐蘭顏倪嚴溫蘆魯韋畢聶叢齊"
)
_HAN_NAME = re.compile(
    rf"[{_SURNAMES}][\u4e00-\u9fff·]{{1,3}}(?![\u4e00-\u9fff])|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?(?=的|账|帐|卡|电话|手机|身份|开户|银行|户)"
)
_FIRM = re.compile(r"[\u4e00-\u9fff()]{2,30}?(?:有限公司|公司|商行|经营部|商店|工作室|事务所|合作社)")
_LATIN_NAME = re.compile(
    r"(?:[A-Z][A-Za-z'’.-]{0,20})(?: (?:bin|binti|bte|s/o|d/o|de|da|van|der|al|[A-Z][A-Za-z'’.-]{0,20})(?![a-z])){1,4}"
)

Reader = Callable[[Parser, str, str, int, Label, WebPiece | None], Value | None]
"""(parser, lower-case text, text, position, label, web piece at the position) → value."""


def read_value(parser: Parser, lowered: str, text: str, position: int, label: Label, piece: WebPiece | None) -> Value | None:
    """The identifier at `position` that `label` announces; None where something else stands there."""
    reader = _READERS.get(label.meaning.sense)
    return reader(parser, lowered, text, position, label, piece) if reader is not None else None


def read_code(lowered: str, position: int, least_digits: int) -> int:
    """End of the order number, code or document number at `position`; 0 where there is none."""
    match = _CODE.match(lowered, position)
    if match is None or sum(character.isdigit() for character in match[0]) < least_digits:
        return 0
    return match.end()


def _chain(lowered: str, position: int) -> str:
    match = CHAIN_HERE.match(lowered, position)
    return match[0] if match else ""


def _phone(parser: Parser, lowered: str, _text: str, position: int, _label: Label, _piece: WebPiece | None) -> Value | None:
    chain = _chain(lowered, position)
    return labelled_phone(parser, chain, position) if chain else None


def _account(parser: Parser, lowered: str, _text: str, position: int, label: Label, _piece: WebPiece | None) -> Value | None:
    virtual = label.meaning.sense is Sense.VIRTUAL_ACCOUNT
    kind = IdentifierType.VIRTUAL_ACCOUNT if virtual else IdentifierType.BANK_ACCOUNT
    chain = _chain(lowered, position)
    return labelled_account(parser, kind, chain, position) if chain else None


def _wallet(parser: Parser, lowered: str, text: str, position: int, label: Label, piece: WebPiece | None) -> Value | None:
    service = label.meaning.service
    if piece is not None:
        return _of_piece(parser, IdentifierType.WALLET, text, piece, service) if piece.form is WebForm.EMAIL else None
    for part, digits in prefixes(_chain(lowered, position)):
        if 6 <= len(digits) <= 20 and (part == digits or len(digits) <= 15):
            wallet = parser(IdentifierType.WALLET, part, service=service)
            if wallet is not None and (part == digits or ":+" in wallet.canonical):
                return Value(position, position + len(part), wallet, 0.95)
    return None


def _alias(parser: Parser, lowered: str, text: str, position: int, label: Label, piece: WebPiece | None) -> Value | None:
    service = label.meaning.service
    if piece is not None:
        mail_like = piece.form in (WebForm.EMAIL, WebForm.ALIAS)
        return _of_piece(parser, IdentifierType.ALIAS, text, piece, service) if mail_like else None
    candidates = [part for part, digits in prefixes(_chain(lowered, position)) if len(digits) >= 7]
    token = _TOKEN.match(lowered, position)
    if token is not None and sum(character.isdigit() for character in token[0]) >= 4:
        candidates.append(token[0].rstrip(".-+"))
    for part in candidates:
        alias = parser(IdentifierType.ALIAS, part, service=service)
        if alias is not None:
            return Value(position, position + len(part), alias, 0.95)
    return None


def _handle(parser: Parser, lowered: str, text: str, position: int, label: Label, piece: WebPiece | None) -> Value | None:
    service = label.meaning.service
    if piece is not None:
        return None
    if service in (Platform.WHATSAPP, Platform.VIBER, Platform.ZALO, Platform.SIGNAL):
        for part, digits in prefixes(_chain(lowered, position)):
            handle = parser(IdentifierType.HANDLE, part, service=service) if 7 <= len(digits) <= 15 else None
            if handle is not None:
                return Value(position, position + len(part), handle, 0.95)
    token = _TOKEN.match(lowered, position)
    name = token[0].rstrip(".-+") if token else ""
    if not name or not _plausible_handle(name, label, lowered[label.end : position]):
        return None
    handle = parser(IdentifierType.HANDLE, name, service=service)
    return Value(position, position + len(name), handle, 0.95 if _has_sign(name) else 0.75) if handle else None


def _plausible_handle(name: str, label: Label, between: str) -> bool:
    """Whether a token after a platform's name is a handle there and not the sentence going on."""
    if _has_sign(name):
        return True
    announced = _MARKED.search(between) or _MARKED.search(label.word) or _HAN.search(label.word)
    return bool(announced) and len(name) >= 5 and name not in _NOT_A_NAME


def _has_sign(name: str) -> bool:
    return any(character.isdigit() or character in "_@" for character in name)


def _name(parser: Parser, _lowered: str, text: str, position: int, label: Label, _piece: WebPiece | None) -> Value | None:
    """A person or a firm. After the mere word "name" only what is written like a person's in Latin letters."""
    patterns = ((_LATIN_NAME, 0.8),) if label.word.startswith("name") else ((_FIRM, 0.8), (_HAN_NAME, 0.9), (_LATIN_NAME, 0.85))
    for pattern, confidence in patterns:
        match = pattern.match(text, position)
        if match is None or not _NO_NAME_PART.isdisjoint(match[0].lower().split()):
            continue
        name = parser(IdentifierType.PERSON_NAME, match[0])
        if name is not None:
            return Value(position, match.end(), name, confidence)
    return None


def _of_piece(parser: Parser, kind: IdentifierType, text: str, piece: WebPiece, service: str) -> Value | None:
    identifier = parser(kind, text[piece.start : piece.end], service=service)
    return Value(piece.start, piece.end, identifier, 0.95) if identifier else None


_READERS: Final[dict[Sense, Reader]] = {
    Sense.PHONE: _phone,
    Sense.ACCOUNT: _account,
    Sense.VIRTUAL_ACCOUNT: _account,
    Sense.WALLET: _wallet,
    Sense.ALIAS: _alias,
    Sense.HANDLE: _handle,
    Sense.NAME: _name,
}
