"""How people write currencies: signs and words, before and after a number."""

from __future__ import annotations

from typing import Final

DEFAULT: Final = ""
"""Stands for the currency that the caller says people mean here."""
DOLLAR: Final = "$"
"""A dollar of no stated country: the caller's currency where that is a dollar, else the United States'."""
YUAN: Final = "元"
"""元 or 块: the caller's currency where Chinese speakers call it so, else the renminbi."""
YEN_OR_YUAN: Final = "¥"
"""The sign of two currencies: the caller's where it is the yen, else the renminbi."""

_DOLLARS: Final = frozenset({"USD", "SGD", "HKD", "AUD", "CAD", "NZD", "TWD", "BND"})
_YUANS: Final = frozenset({"CNY", "HKD", "TWD", "MOP", "SGD", "MYR", "USD", "AUD", "CAD", "NZD"})

BEFORE: Final[dict[str, str]] = {
    **dict.fromkeys(("rmb", "cny", "人民币", "人民幣", "cn¥"), "CNY"),
    **dict.fromkeys(("usd", "us$", "美元", "美金"), "USD"),
    **dict.fromkeys(("sgd", "s$", "新币", "新元", "坡币"), "SGD"),
    **dict.fromkeys(("hkd", "hk$", "港币", "港元", "港幣"), "HKD"),
    **dict.fromkeys(("twd", "nt$", "ntd", "新台币", "新台幣"), "TWD"),
    **dict.fromkeys(("aud", "a$", "au$", "澳元"), "AUD"),
    **dict.fromkeys(("cad", "c$", "ca$", "加元"), "CAD"),
    **dict.fromkeys(("nzd", "nz$"), "NZD"),
    **dict.fromkeys(("myr", "rm", "马币"), "MYR"),
    **dict.fromkeys(("eur", "€", "欧元"), "EUR"),
    **dict.fromkeys(("gbp", "£", "英镑"), "GBP"),
    **dict.fromkeys(("jpy", "jp¥", "日元"), "JPY"),
    **dict.fromkeys(("krw", "₩", "韩元"), "KRW"),
    **dict.fromkeys(("inr", "₹", "rs", "rs."), "INR"),
    **dict.fromkeys(("thb", "฿", "泰铢"), "THB"),
    **dict.fromkeys(("idr", "rp", "rp."), "IDR"),
    **dict.fromkeys(("vnd", "₫"), "VND"),
    **dict.fromkeys(("php", "₱"), "PHP"),
    **dict.fromkeys(("brl", "r$"), "BRL"),
    **{code.lower(): code for code in ("AED", "CHF", "KHR", "LAK", "MMK", "MOP")},
    "$": DOLLAR,
    "¥": YEN_OR_YUAN,
}
"""Lower-case word → ISO code or one of the constants above."""

AFTER: Final[dict[str, str]] = {
    **{word: code for word, code in BEFORE.items() if len(word) == 3 and word.isascii() and word.isalpha()},
    **{word: code for word, code in BEFORE.items() if not word.isascii() and len(word) > 1},
    **dict.fromkeys(("元人民币", "元人民幣", "块人民币", "yuan", "renminbi"), "CNY"),
    **dict.fromkeys(("us dollars", "us dollar", "美刀", "刀美金"), "USD"),
    **dict.fromkeys(("singapore dollars", "元新币"), "SGD"),
    **dict.fromkeys(("hong kong dollars", "hk dollars", "元港币"), "HKD"),
    **dict.fromkeys(("australian dollars", "aussie dollars"), "AUD"),
    **dict.fromkeys(("dollars", "dollar", "bucks", "$"), DOLLAR),
    **dict.fromkeys(("元", "圆", "块钱", "块", "塊", "塊錢", "圓", "蚊"), YUAN),
    **dict.fromkeys(("euros", "euro", "€"), "EUR"),
    **dict.fromkeys(("pounds", "pound", "quid", "£", "镑"), "GBP"),
    **dict.fromkeys(("yen", "円", "日圆"), "JPY"),
    **dict.fromkeys(("won", "韩币"), "KRW"),
    **dict.fromkeys(("ringgit", "林吉特", "令吉"), "MYR"),
    **dict.fromkeys(("rupees", "rupee", "卢比"), "INR"),
    **dict.fromkeys(("baht", "泰珠", "铢"), "THB"),
    **dict.fromkeys(("rupiah", "印尼盾"), "IDR"),
    **dict.fromkeys(("dong", "越南盾", "₫"), "VND"),
    **dict.fromkeys(("pesos", "peso", "比索"), "PHP"),
    **dict.fromkeys(("reais",), "BRL"),
    **dict.fromkeys(("dirhams", "dirham"), "AED"),
}
"""The same for words that follow a number."""


def resolve(word: str, default: str) -> str:
    """ISO code of what BEFORE or AFTER gave for a word, where people use `default`."""
    if word == DEFAULT:
        return default
    if word == DOLLAR:
        return default if default in _DOLLARS else "USD"
    if word == YUAN:
        return default if default in _YUANS else "CNY"
    if word == YEN_OR_YUAN:
        return "JPY" if default == "JPY" else "CNY"
    return word
