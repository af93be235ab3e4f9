"""Each identifier type: what is read, what it becomes, what is refused, what is shown."""

from __future__ import annotations

import pytest

from accord.core.errors import BadInput
from accord.core.identifiers import (
    AccountForm,
    Alias,
    BankAccount,
    Domain,
    Email,
    Handle,
    IdentifierType,
    PersonName,
    Phone,
    Url,
    VirtualAccount,
    Wallet,
    normalise_account_number,
    normalise_account_numbers,
    parse,
    warm_up,
)

CARD = "6222020000000012344"
"""Made up: has the range, length and check digit of a Chinese debit card."""


@pytest.mark.parametrize(
    ("text", "region", "canonical", "country"),
    [
        ("138 0013 8000", "CN", "+8613800138000", "CN"),
        ("0086-138-0013-8000", "CN", "+8613800138000", "CN"),
        ("１３８００１３８０００", "CN", "+8613800138000", "CN"),
        ("138\u200b0013\u200b8000", "CN", "+8613800138000", "CN"),
        ("010-62345678", "CN", "+861062345678", "CN"),
        ("400-820-8820", "CN", "+864008208820", "CN"),
        ("9123 4567", "SG", "+6591234567", "SG"),
        ("081-234-5678", "th", "+66812345678", "TH"),
        ("+1 (202) 555-0123", None, "+12025550123", "US"),
        ("+800 1234 5678", None, "+80012345678", None),
    ],
)
def test_phone_becomes_e164(text: str, region: str | None, canonical: str, country: str | None) -> None:
    phone = Phone.parse(text, region=region)
    assert (phone.canonical, phone.country, phone.type) == (canonical, country, IdentifierType.PHONE)


@pytest.mark.parametrize("text", ["", "  ", "110", "95588", "12345", "23800138000", "call me", "1380013800O", "+999 1234567"])
def test_phone_refuses_what_no_plan_has(text: str) -> None:
    with pytest.raises(BadInput):
        Phone.parse(text)


def test_phone_needs_a_known_region_or_a_country_code() -> None:
    with pytest.raises(BadInput, match="unknown region"):
        Phone.parse("13800138000", region="XX")
    with pytest.raises(BadInput, match="country code"):
        Phone.parse("13800138000", region=None)
    with pytest.raises(BadInput, match="unknown region"):
        warm_up(("XX",))
    warm_up()


@pytest.mark.parametrize(
    ("text", "canonical", "form", "country", "institution"),
    [
        ("de89 3704 0044 0532 0130 00", "DE89370400440532013000", AccountForm.IBAN, "DE", "COBADEFF"),
        ("GB29-NWBK-6016-1331-9268-19", "GB29NWBK60161331926819", AccountForm.IBAN, "GB", "NWBKGB2L"),
        ("6222 0200 0000 0012 344", CARD, AccountForm.CARD, "CN", "ICBKCNBJ"),
        ("6222-0200-0000-0012-344", CARD, AccountForm.CARD, "CN", "ICBKCNBJ"),
        ("4111-1111-1111-1111", "4111111111111111", AccountForm.CARD, None, None),
        ("6222020000000012345", "6222020000000012345", AccountForm.OTHER, None, None),
        ("DE89370400440532013001", "DE89370400440532013001", AccountForm.OTHER, None, None),
        ("  A ", "A", AccountForm.OTHER, None, None),
        ("mule  account\t7", "mule account 7", AccountForm.OTHER, None, None),
        ("123 4567 8901", "12345678901", AccountForm.OTHER, None, None),
        ("123-4-56789-0", "123-4-56789-0", AccountForm.OTHER, None, None),
        ("１２３４５", "12345", AccountForm.OTHER, None, None),
    ],
)
def test_bank_account_forms(text: str, canonical: str, form: AccountForm, country: str | None, institution: str | None) -> None:
    account = BankAccount.parse(text)
    assert (account.canonical, account.form, account.country, account.institution) == (canonical, form, country, institution)
    assert normalise_account_number(text) == canonical


def test_the_stated_institution_wins_and_makes_another_account() -> None:
    assert BankAccount.parse(CARD, institution=" ACMECNBJ ").institution == "ACMECNBJ"
    assert BankAccount.parse("12345", institution="ACMECNBJ") != BankAccount.parse("12345", institution="OTHRSGSG")
    assert BankAccount.parse("12345", institution="  ").institution is None


def test_an_unlisted_unionpay_range_is_a_chinese_card_without_issuer() -> None:
    account = BankAccount.parse("6299990000000009")
    assert (account.form, account.country, account.institution) == (AccountForm.CARD, "CN", None)


def test_account_numbers_in_bulk_are_the_same_as_one_by_one() -> None:
    values = ["A", "12345", " x  y ", "de89 3704 0044 0532 0130 00", "", "6222 0200 0000 0012 344", "é", "acc\u200b9"]
    assert normalise_account_numbers(values) == [normalise_account_number(value) for value in values]
    assert normalise_account_numbers(values)[4] == ""


@pytest.mark.parametrize(
    ("text", "canonical", "registered", "country"),
    [
        ("hxxps://Evil[.]COM/Login?a=1#frag", "https://evil.com/Login?a=1", "evil.com", None),
        ("hXXp[://]pay(dot)evil(dot)com[.]cn", "http://pay.evil.com.cn/", "evil.com.cn", "CN"),
        ("http[:]//www.example.co.uk:80", "http://www.example.co.uk/", "example.co.uk", "GB"),
        ("HTTPS://example.com:8443/%7euser/%e4%b8%ad", "https://example.com:8443/~user/%E4%B8%AD", "example.com", None),
        ("http://bank.example.com@evil.top/x", "http://evil.top/x", "evil.top", None),
        ("http://192[.]0[.]2[.]7/a", "http://192.0.2.7/a", "", None),
        ("http://[2001:DB8::1]/", "http://[2001:db8::1]/", "", None),
        ("https://工商银行.com", "https://xn--czr93rq40bruk.com/", "xn--czr93rq40bruk.com", None),
        ("shop1.github.io/pay", "http://shop1.github.io/pay", "shop1.github.io", None),
        ("http://example.com/领取", "http://example.com/%E9%A2%86%E5%8F%96", "example.com", None),
    ],
)
def test_url_canonical(text: str, canonical: str, registered: str, country: str | None) -> None:
    url = Url.parse(text)
    assert (url.canonical, url.registered, url.country) == (canonical, registered, country)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "hello",
        "http://nowhere.invalidtld",
        "http://1.2.3.999/",
        "http://[::zz]/",
        "http://a.com:99999/",
        "http://co.uk/",
    ],
)
def test_url_refuses(text: str) -> None:
    with pytest.raises(BadInput):
        Url.parse(text)


def test_url_is_shown_defanged_and_without_its_path() -> None:
    assert Url.parse("https://evil.com/t/9f8e?victim=1").masked == "hxxps://evil[.]com/…"
    assert Url.parse("evil.com").masked == "hxxp://evil[.]com/"


@pytest.mark.parametrize(
    ("text", "canonical", "registered"),
    [
        ("WWW.Example.COM.", "www.example.com", "example.com"),
        ("evil[dot]com", "evil.com", "evil.com"),
        ("faß.de", "xn--fa-hia.de", "xn--fa-hia.de"),
        ("my_host.example.org", "my_host.example.org", "example.org"),
        ("a.github.io", "a.github.io", "a.github.io"),
        ("github.io", "github.io", "github.io"),
    ],
)
def test_domain_canonical(text: str, canonical: str, registered: str) -> None:
    domain = Domain.parse(text)
    assert (domain.canonical, domain.registered) == (canonical, registered)


@pytest.mark.parametrize(
    ("text", "country"), [("a.cn", "CN"), ("a.co.uk", "GB"), ("a.io", None), ("a.com", None), ("a.eu", None), ("a.at", "AT")]
)
def test_domain_country_only_where_it_means_one(text: str, country: str | None) -> None:
    assert Domain.parse(text).country == country


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Name.Surname@Example.COM", "name.surname@example.com"),
        ("mailto:a@example.org", "a@example.org"),
        ("fraud[at]example[.]com", "fraud@example.com"),
        ("客服@例子.中国", "客服@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_email_canonical(text: str, canonical: str) -> None:
    assert Email.parse(text).canonical == canonical


@pytest.mark.parametrize(
    "text", ["@example.com", "a@", "a b@example.com", "a@nowhere.invalidtld", ".a@example.com", "a" * 65 + "@example.com"]
)
def test_email_refuses(text: str) -> None:
    with pytest.raises(BadInput):
        Email.parse(text)


@pytest.mark.parametrize(
    ("text", "platform", "canonical", "country"),
    [
        ("Wx_Friend88", "wechat", "wechat:wx_friend88", None),
        ("wechat:Wx_Friend88", None, "wechat:wx_friend88", None),
        ("10001", "qq", "qq:10001", None),
        ("@Fast_Money", "telegram", "telegram:fast_money", None),
        ("https://t.me/Fast_Money", "telegram", "telegram:fast_money", None),
        ("wa.me/6591234567", "whatsapp", "whatsapp:+6591234567", "SG"),
        ("+65 9123 4567", "whatsapp", "whatsapp:+6591234567", "SG"),
        ("@officialshop", "line", "line:@officialshop", None),
        ("some.one", "discord", "discord:some.one", None),
    ],
)
def test_handle_canonical(text: str, platform: str | None, canonical: str, country: str | None) -> None:
    handle = Handle.parse(text, platform=platform)
    assert (handle.canonical, handle.country) == (canonical, country)


@pytest.mark.parametrize(
    ("text", "platform"), [("abc", None), ("abc", "myspace9"), ("0123", "qq"), ("a b", "telegram"), ("no number", "whatsapp")]
)
def test_handle_refuses(text: str, platform: str | None) -> None:
    with pytest.raises(BadInput):
        Handle.parse(text, platform=platform)


@pytest.mark.parametrize(
    ("text", "scheme", "canonical", "country"),
    [
        ("081-234-5678", "promptpay", "promptpay:+66812345678", "TH"),
        ("1-2345-67890-12-3", "promptpay", "promptpay:1234567890123", "TH"),
        ("9123 4567", "paynow", "paynow:+6591234567", "SG"),
        ("201912345K", "paynow", "paynow:201912345k", "SG"),
        ("Ravi.Kumar@okbank", None, "upi:ravi.kumar@okbank", "IN"),
        ("123.456.789-09", "pix", "pix:12345678909", "BR"),
        ("+55 11 98765-4321", "pix", "pix:+5511987654321", "BR"),
        ("Shop@Example.com", "pix", "pix:shop@example.com", "BR"),
        ("123e4567-e89b-12d3-a456-426614174000", "pix", "pix:123e4567-e89b-12d3-a456-426614174000", "BR"),
        ("1234567", "fps", "fps:1234567", "HK"),
        ("other:Pay Tag 7", None, "other:Pay Tag 7", None),
    ],
)
def test_alias_canonical(text: str, scheme: str | None, canonical: str, country: str | None) -> None:
    alias = Alias.parse(text, scheme=scheme)
    assert (alias.canonical, alias.country) == (canonical, country)


@pytest.mark.parametrize(("text", "scheme"), [("0812345678", None), ("12", "promptpay"), ("x", "nosuch"), ("+1 1", "fps")])
def test_alias_refuses(text: str, scheme: str | None) -> None:
    with pytest.raises(BadInput):
        Alias.parse(text, scheme=scheme)


@pytest.mark.parametrize(
    ("text", "provider", "canonical", "country"),
    [
        ("138 0013 8000", "alipay", "alipay:+8613800138000", "CN"),
        ("Me@Example.com", "Alipay", "alipay:me@example.com", "CN"),
        ("GCash:0917 123 4567", None, "gcash:+639171234567", "PH"),
        ("208812 3456789012", "alipay", "alipay:2088123456789012", "CN"),
        ("some pouch", "newpay", "newpay:some pouch", None),
    ],
)
def test_wallet_canonical(text: str, provider: str | None, canonical: str, country: str | None) -> None:
    wallet = Wallet.parse(text, provider=provider)
    assert (wallet.canonical, wallet.country) == (canonical, country)


@pytest.mark.parametrize(("text", "provider"), [("13800138000", None), ("x", "!!"), ("alipay:", None), (" ", "alipay")])
def test_wallet_refuses(text: str, provider: str | None) -> None:
    with pytest.raises(BadInput):
        Wallet.parse(text, provider=provider)


@pytest.mark.parametrize(
    ("text", "canonical", "masked"),
    [
        ("张 三", "张三", "张…"),
        ("Zhang  san", "ZHANG SAN", "Z… S…"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提", "阿…"),
        ("O'Brien-smith", "O'BRIEN-SMITH", "O…"),
    ],
)
def test_person_name(text: str, canonical: str, masked: str) -> None:
    name = PersonName.parse(text)
    assert (name.canonical, name.masked) == (canonical, masked)


@pytest.mark.parametrize("text", ["", "12345", "…", "a" * 141])
def test_person_name_refuses(text: str) -> None:
    with pytest.raises(BadInput):
        PersonName.parse(text)


@pytest.mark.parametrize(
    ("identifier", "masked"),
    [
        (Phone.parse("13800138000"), "+86138…8000"),
        (BankAccount.parse(CARD), "622202…2344"),
        (BankAccount.parse("DE89370400440532013000"), "DE89…3000"),
        (BankAccount.parse("1234567890"), "…7890"),
        (BankAccount.parse("A"), "…"),
        (VirtualAccount.parse("8801 2345 6789"), "…6789"),
        (Email.parse("fraudster@example.com"), "fr…@example.com"),
        (Handle.parse("wechat:wx_friend88"), "wechat:wx_…88"),
        (Wallet.parse("alipay:13800138000"), "alipay:+86…8000"),
        (Alias.parse("promptpay:0812345678"), "promptpay:+6…678"),
        (Domain.parse("evil.com"), "evil[.]com"),
    ],
)
def test_masks(identifier: Phone, masked: str) -> None:
    assert identifier.masked == masked


def test_the_registry_reads_every_type() -> None:
    read = {
        IdentifierType.PHONE: parse("phone", "91234567", region="SG"),
        IdentifierType.BANK_ACCOUNT: parse("bank_account", "123", institution="ACMECNBJ"),
        IdentifierType.ALIAS: parse("alias", "0812345678", service="promptpay"),
        IdentifierType.VIRTUAL_ACCOUNT: parse("virtual_account", "123", institution="ACMECNBJ"),
        IdentifierType.WALLET: parse("wallet", "a@example.com", service="alipay"),
        IdentifierType.URL: parse("url", "example.com"),
        IdentifierType.DOMAIN: parse("domain", "example.com"),
        IdentifierType.HANDLE: parse("handle", "91234567", region="SG", service="whatsapp"),
        IdentifierType.EMAIL: parse("email", "a@example.com"),
        IdentifierType.PERSON_NAME: parse("person_name", "张三"),
    }
    assert set(read) == set(IdentifierType)
    assert all(identifier.type is kind for kind, identifier in read.items())
    with pytest.raises(BadInput, match="unknown identifier type"):
        parse("shoe_size", "43")
