"""Every error says a text that its room declares, with exactly the parameters of that text, and says it in Chinese too."""

from __future__ import annotations

import ast
import importlib
import json
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext, gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from accord.capabilities.exchange.crossborder.errors import Msg as BorderMsg
from accord.capabilities.orders.errors import Msg as OrdersMsg
from accord.capabilities.orders.life_cycle import State
from accord.core.errors import AccordError, BadInput, Conflict
from accord.core.errors import Msg as CoreMsg
from accord.core.money import Money
from accord.core.wording import SEPARATOR, Messages, Wording, message_of_id, read, sentence_of, stored
from accord.web.catalogues import PACKAGE
from accord.web.place_words import PLACES
from accord.web.wording import message_of, stored_in_words, text_of

NOT_PARAMETERS = {"where", "alarm"}
FOREIGN_WORDS = {
    # what Django's forms and password rules say is in the reader's language already
    "sites/desk/views/decisions.py",
    "sites/desk/views/returns.py",
    "capabilities/people/services/users.py",
    # what msgspec says about a document of the wrong shape
    "adapters/contract_kit/data.py",
    "capabilities/exchange/agreements/documents.py",
    "capabilities/orders/regime.py",
    # what a bank's own system or officer said, for the sender of the enquiry
    "capabilities/controls/services/taking.py",
}
HAN = re.compile(r"[\u4e00-\u9fff]")


def declaring_modules() -> list[str]:
    return sorted(
        "accord." + path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for path in PACKAGE.rglob("*.py")
        if "(Messages):" in path.read_text(encoding="utf-8")
    )


@cache
def messages() -> dict[str, dict[str, Messages]]:
    """Module → name → message."""
    return {
        name: {
            message.name: message
            for declared in vars(importlib.import_module(name)).values()
            if isinstance(declared, type) and issubclass(declared, Messages) and declared.__module__ == name
            for message in declared
        }
        for name in declaring_modules()
    }


EVERY = [message for room in messages().values() for message in room.values()]


def fields_of(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@cache
def sources() -> list[tuple[str, ast.Module, dict[str, str]]]:
    """Every module: its path, its syntax, and under which names it knows the messages of which module."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in messages():
                known |= {name.asname or name.name: node.module for name in node.names if name.name == "Msg"}
        found.append((path.relative_to(PACKAGE).as_posix(), tree, known))
    return found


def error_names() -> set[str]:
    names, fresh = set(), {AccordError}
    for name in list(messages()):
        importlib.import_module(name)
    for path in ("accord.node.api.problems", "accord.capabilities.claims.ports", "accord.capabilities.reports.guessing"):
        importlib.import_module(path)
    while fresh:
        names |= {kind.__name__ for kind in fresh}
        fresh = {kind for parent in fresh for kind in parent.__subclasses__()}
    return names


def constructions() -> Iterator[tuple[str, ast.Call, dict[str, str]]]:
    names = error_names()
    for path, tree, known in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield path, node, known


def named_message(node: ast.expr, known: dict[str, str]) -> Messages | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
        return messages()[known[node.value.id]].get(node.attr)
    return None


def test_no_error_is_raised_with_words_of_its_own() -> None:
    wrong = []
    for path, node, _ in constructions():
        for place, argument in enumerate(node.args):
            code = place == 0 and node.func.id == "Refused"  # type: ignore[attr-defined]  # names only
            literal = isinstance(argument, ast.JoinedStr) or (
                isinstance(argument, ast.Constant) and isinstance(argument.value, str) and not code
            )
            called = isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name) and argument.func.id in ("str", "_")
            if literal or called:
                wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "declare the text in the errors.py of its room"


KEEP_A_REASON = {"fail", "give_back", "give_up", "let_go", "refuse", "throw_away"}


def test_no_reason_that_is_kept_is_words_of_its_own() -> None:
    """What a node writes down as the reason of a step is read by officers and banks: a text of the room too."""
    wrong, checked = [], 0
    for path, tree, _ in sources():
        for node in ast.walk(tree):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name not in KEEP_A_REASON or not path.startswith("capabilities/"):
                continue
            checked += 1
            for argument in node.args:  # type: ignore[attr-defined]  # calls only
                literal = isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value
                if literal or isinstance(argument, ast.JoinedStr):
                    wrong.append(f"{path}:{node.lineno}: {ast.unparse(argument)}")
    assert not wrong, "declare the text in the errors.py of its room"
    assert checked > 20


def test_why_a_draft_was_discarded_is_shown_in_the_readers_language() -> None:
    order = {"state": "discarded", "reason": stored(BorderMsg.PARTNER_ASKS_FOR_RELEASE.with_(partner="B"))}
    for language, shown in (("en", "“B asks for the release”"), ("zh-hans", "“B 请求解除止付”")):
        with translation.override(language):
            page = render_to_string("desk/_order_alerts.html", {"order": order, "page": {"law": {"verified": True}}})
        assert shown in page
        assert SEPARATOR not in page


def test_every_construction_gives_exactly_the_parameters_of_its_text() -> None:
    wrong, checked = [], 0
    for path, tree, known in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or any(keyword.arg is None for keyword in node.keywords):
                continue
            candidates = list(node.args[:2])
            if isinstance(node.func, ast.Attribute) and node.func.attr == "with_":
                candidates = [node.func.value]
            elif not (isinstance(node.func, ast.Name) and node.func.id in error_names()):
                continue
            for message in filter(None, (named_message(candidate, known) for candidate in candidates)):
                checked += 1
                given_ = {keyword.arg for keyword in node.keywords} - NOT_PARAMETERS
                if given_ != fields_of(message.template):
                    wrong.append(f"{path}:{node.lineno}: {sorted(given_)} for {message.template!r}")
    assert not wrong
    assert checked > 800


def test_foreign_words_are_passed_on_at_few_places_only() -> None:
    using = {
        path
        for path, tree, known in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and named_message(node, known) is CoreMsg.VERBATIM
    }
    assert using == FOREIGN_WORDS


def test_no_declared_text_is_unused() -> None:
    used: set[Messages] = set()
    for path, tree, known in sources():
        own = "accord." + path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        names = known | ({"Msg": own} if own in messages() else {})
        used |= {found for node in ast.walk(tree) if isinstance(node, ast.expr) and (found := named_message(node, names))}
    assert not [message.id for message in EVERY if message not in used]


def test_ids_are_unique_and_lead_back_to_their_message() -> None:
    assert len({message.id for message in EVERY}) == len(EVERY)
    for message in EVERY:
        assert re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", message.id)
        assert message_of_id(message.id) is message
    for room in messages().values():
        values = [message.template for message in room.values()]
        assert len(set(values)) == len(values)


def test_placeholders_are_plain_names() -> None:
    for message in EVERY:
        assert all(name.isidentifier() for name in fields_of(message.template)), message
        assert not fields_of(message.template) & NOT_PARAMETERS, message


def test_every_text_has_chinese_with_the_same_placeholders() -> None:
    with translation.override("zh-hans"):
        for message in EVERY:
            chinese = gettext(message.template)
            assert fields_of(chinese) == fields_of(message.template), message.id
            words = re.sub(r"\{[^}]*\}|[^a-zA-Z]", "", message.template)
            assert not words or HAN.search(chinese) or message.template in {"{text}"}, message.id


NAMES = sorted({name for message in EVERY for name in fields_of(message.template)})


def sample(name: str) -> object:
    return {"seconds": 5.0, "byte": 255, "offset": 12, "count": 3, "most": 9, "limit": 9}.get(name, 7)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_text_is_worded_with_its_parameters(language: str) -> None:
    with translation.override(language):
        for message in EVERY:
            said = message.with_(**{name: sample(name) for name in fields_of(message.template)})
            assert "{" not in text_of(said).replace("{placeholders}", ""), message.id
            if language == "zh-hans" and re.sub(r"\{[^}]*\}|[^a-zA-Z]", "", message.template):
                assert HAN.search(text_of(said)), message.id


def test_each_room_speaks_chinese_at_the_edge() -> None:
    rooms = {name.split(".")[1:3][-1] for name in messages() if ".capabilities." in name}
    assert {"people", "reports", "claims", "orders", "controls", "exchange", "supervision"} <= rooms
    with translation.override("zh-hans"):
        assert message_of(BadInput(CoreMsg.GIVE_REASON, where="reason")) == "请填写理由；理由将留存记录"  # it names the place
        assert message_of(BadInput(CoreMsg.GIVE_REASON, where="note")) == "备注: 请填写理由；理由将留存记录"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.datetimes()
    | st.sampled_from([datetime(2026, 3, 1, tzinfo=UTC), Money(12_345, "CNY"), CoreMsg.GIVE_REASON, ValueError("x"), object()])
    | st.integers(0, 200).map(lambda number: EVERY[number].with_()),
    lambda inner: st.lists(inner, max_size=3) | st.sets(st.text(), max_size=3),
    max_leaves=5,
)


@given(
    st.integers(0, len(EVERY) - 1).map(EVERY.__getitem__),
    st.dictionaries(st.integers(0, len(NAMES) - 1).map(NAMES.__getitem__), values),
    st.booleans(),
    st.text(max_size=20),
    st.sampled_from(["en", "zh-hans"]),
)
def test_wording_never_raises_and_is_kept_as_it_is(
    message: Messages, params: dict[str, object], fitting: bool, where: str, language: str
) -> None:
    if fitting:
        params = {name: params.get(name, "x") for name in fields_of(message.template)}
    error = AccordError(message, where=where, **params)
    with translation.override(language):
        assert isinstance(text_of(error), str)
        assert isinstance(message_of(error), str)
        kept = error.stored()
        assert isinstance(stored_in_words(kept), str)
    assert sentence_of(kept) == str(error).replace("\x1f", " ")
    assert isinstance(stored(error.wording, 50), str)
    assert len(stored(error.wording, 50)) <= max(50, len(sentence_of(kept)))


def test_a_text_that_only_looks_like_a_stored_error_is_shown_as_what_it_says() -> None:
    """Otherwise whoever writes a text, such as a partner, could have pages show another sentence than the one on record."""
    forged = "all is well" + SEPARATOR + stored(CoreMsg.FILE_EMPTY.with_()).partition(SEPARATOR)[2]
    assert read(forged) == "all is well"


def test_a_stored_error_is_read_back_and_an_older_one_shown_as_it_is() -> None:
    error = BadInput(CoreMsg.TEXT_TOO_LONG, count=3_000, limit=2_000, where="note")
    kept = error.stored()
    assert kept.startswith("note: the text has 3000 characters; at most 2000 are accepted; shorten it\x1f")
    found = read(kept)
    assert isinstance(found, Wording)
    assert (found.text, dict(found.params), found.where) == (CoreMsg.TEXT_TOO_LONG, {"count": 3_000, "limit": 2_000}, "note")
    with translation.override("zh-hans"):
        assert stored_in_words(kept) == "备注: 文本有 3000 个字符，最多 2000 个，请缩短"
        assert stored_in_words("the line is down") == "the line is down"
        assert stored_in_words('gone\x1f["nowhere.gone",{}]') == "gone"
        assert stored_in_words('cut\x1f["core.text') == "cut"


def test_every_kind_of_parameter_is_kept() -> None:
    inner = BadInput(CoreMsg.NO_SUCH_FILE, where="a.csv")
    params = {"limit": (Money(5, "CNY"), datetime(2026, 3, 1, tzinfo=UTC), 1.5, None, inner), "count": True}
    said = CoreMsg.TEXT_TOO_LONG.with_(**params)
    found = read(stored(said))
    assert found == said
    assert str(found) == str(said)


def test_a_lazy_object_is_a_parameter_like_what_it_stands_for() -> None:
    lazy = SimpleLazyObject(lambda: Person("Lin Mei"))
    assert str(CoreMsg.VERBATIM.with_(text=lazy)) == "Lin Mei"


def test_only_what_is_a_list_is_taken_apart() -> None:
    def kept(value: object) -> object:
        return CoreMsg.VERBATIM.with_(text=value).params["text"]

    assert kept(gettext_lazy("abc")) == "abc"
    assert kept(b"abc") == "b'abc'"
    assert kept(bytearray(b"a")) == "bytearray(b'a')"
    assert kept({"a": 1}) == "{'a': 1}"
    assert kept(range(2)) == "range(0, 2)"
    two = {"a": "b", "c": "d"}
    for several in (["a", "c"], ("a", "c"), two.keys(), iter(["a", "c"]), (name for name in two), map(str, two)):
        assert kept(several) == ("a", "c")
    assert kept(two.values()) == ("b", "d")
    assert kept(two.items()) == (("a", "b"), ("c", "d"))
    assert kept({"a"}) == kept(frozenset("a")) == ("a",)
    assert kept([gettext_lazy("abc"), b"x"]) == ("abc", "b'x'")


class Person:
    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


def test_a_place_without_words_is_shown_as_it_is() -> None:
    with translation.override("zh-hans"):
        assert message_of(BadInput(CoreMsg.FILE_EMPTY, where="t.csv")) == "t.csv: 文件为空"
        assert all(HAN.search(str(words)) for words in PLACES.values())


LABELLED = [message for message in EVERY if ":label}" in message.template]


@pytest.mark.parametrize("message", LABELLED, ids=lambda message: message.id)
def test_english_stays_english_whoever_reads(message: Messages) -> None:
    params = {name: State.HELD_PARTLY if name == "state" else "x" for name in fields_of(message.template)}
    error = Conflict(message, **params)
    with translation.override("zh-hans"):
        assert str(State.HELD_PARTLY.label) == "部分止付"
        for english in (str(error), error.message, sentence_of(error.stored())):
            assert english.isascii()
            assert "held in part" in english
        assert "部分止付" in message_of(error)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("state", State)
def test_a_stored_state_is_read_in_the_readers_language(state: State, language: str) -> None:
    error = Conflict(OrdersMsg.STATE_FORBIDS_FOLLOW_UP, state=state, event=OrdersMsg.RENEWED.with_())
    with translation.override("en" if language == "zh-hans" else "zh-hans"):
        kept = error.stored()
    with translation.override(language):
        found = read(kept)
        assert found == error.wording
        assert isinstance(found, Wording)
        assert found.params["state"] is state
        assert stored_in_words(kept) == message_of(error)
        assert str(state.label).lower() in stored_in_words(kept)


def test_a_state_that_earlier_versions_stored_as_words_still_shows() -> None:
    sentence = "an order that is held partly cannot be renewed"
    kept = sentence + SEPARATOR + '["orders.state_forbids_follow_up",{"state":"held partly","event":["orders.renewed",{}]}]'
    assert sentence_of(kept) == stored_in_words(kept) == sentence
    with translation.override("zh-hans"):
        assert "held partly" in stored_in_words(kept)
    labelled = sentence.replace("held partly", "held in part") + kept.removeprefix(sentence)
    with translation.override("zh-hans"):
        assert stored_in_words(labelled) == "an order that is held in part cannot be renewed"


@pytest.mark.parametrize(
    "code",
    [
        ["http", "HTTPStatus", 200],
        ["accord.core.money", "Money", 1],
        ["accord.core.wording", "enum.Enum", 1],
        ["accord.nowhere", "State", "done"],
        ["accord.core.money", "", 1],
        ["accord.capabilities.orders.life_cycle", "State", "nowhere"],
        ["accord.capabilities.orders.life_cycle", "State"],
        [1, 2, 3],
        [],
        "State",
        None,
    ],
)
def test_a_text_names_no_code_but_members_of_our_own(code: object) -> None:
    entry = json.dumps(["orders.state_forbids_follow_up", {"state": {"code": code}, "event": ["orders.renewed", {}]}])
    assert read(f"the sentence{SEPARATOR}{entry}") == "the sentence"


def test_packages_are_found() -> None:
    assert Path(PACKAGE, "core", "errors.py").exists()
    assert len(EVERY) > 700
