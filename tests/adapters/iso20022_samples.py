"""Made-up messages of ISO 20022, valid against their schemas unless a test says otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime

from lxml import etree

from accord.adapters.iso20022 import schemas
from accord.adapters.iso20022.case import Assignment
from accord.adapters.iso20022.payment import OriginalPayment, Side
from accord.adapters.iso20022.xml import parse
from accord.core.money import Money

UETR = "8a562c67-ca16-48ba-b074-65581be6f011"
IBAN_DE = "DE89370400440532013000"
IBAN_FR = "FR1420041010050500013M02606"
CARD_CN = "6222020200012345678"

ASSIGNMENT = Assignment(
    id="A-1",
    case_id="CASE-1",
    case_creator="市反诈中心",
    assigner="DEUTDEFF",
    assignee="BKCHCNBJ",
    created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
)
PAYMENT = OriginalPayment(
    message_id="M-1",
    message_name="pacs.008.001.08",
    instruction_id="I-1",
    end_to_end_id="E-1",
    transaction_id="T-1",
    uetr=UETR,
    amount=Money(123_450, "CNY"),
    settled_on=date(2026, 3, 1),
    debtor=Side("甲", IBAN_DE, "DEUTDEFF"),
    creditor=Side("乙", CARD_CN, "BKCHCNBJ"),
)


def pacs008(*transfers: str, version: str = "08", made_at: str = "2026-03-01T09:00:00Z", encoding: str = "UTF-8") -> bytes:
    """A message of these transfers (`transfer` makes them). The newest versions have the time of acceptance elsewhere."""
    body = "".join(transfers)
    if version == "13":
        body = body.replace("<AccptncDtTm>", "<AddtlDtTm><AccptncDtTm>").replace("</AccptncDtTm>", "</AccptncDtTm></AddtlDtTm>")
    return f"""<?xml version="1.0" encoding="{encoding}"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.{version}">
  <FIToFICstmrCdtTrf>
    <GrpHdr><MsgId>M-1</MsgId><CreDtTm>{made_at}</CreDtTm><NbOfTxs>{len(transfers)}</NbOfTxs>
      <SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>
    {body}
  </FIToFICstmrCdtTrf>
</Document>""".encode(encoding)


def transfer(
    number: int,
    *,
    amount: str = "100.00",
    currency: str = "EUR",
    ids: str | None = None,
    accepted: str = "",
    instructed: str = "",
    debtor: str = f"<IBAN>{IBAN_DE}</IBAN>",
    creditor: str = f"<Othr><Id>{CARD_CN}</Id></Othr>",
    names: tuple[str, str] = ("甲", "乙"),
) -> str:
    """One credit transfer; `ids` and `instructed` are XML."""
    ids = f"<EndToEndId>E-{number}</EndToEndId><TxId>T-{number}</TxId>" if ids is None else ids
    return f"""<CdtTrfTxInf><PmtId>{ids}</PmtId>
      <IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt><IntrBkSttlmDt>2026-03-01</IntrBkSttlmDt>
      {f"<AccptncDtTm>{accepted}</AccptncDtTm>" if accepted else ""}{instructed}<ChrgBr>SLEV</ChrgBr>
      <Dbtr><Nm>{names[0]}</Nm></Dbtr><DbtrAcct><Id>{debtor}</Id></DbtrAcct>
      <DbtrAgt><FinInstnId><BICFI>DEUTDEFF500</BICFI></FinInstnId></DbtrAgt>
      <CdtrAgt><FinInstnId><BICFI>BKCHCNBJ</BICFI></FinInstnId></CdtrAgt>
      <Cdtr><Nm>{names[1]}</Nm></Cdtr><CdtrAcct><Id>{creditor}</Id></CdtrAcct></CdtTrfTxInf>"""


def camt053(*statements: str, version: str = "08", encoding: str = "UTF-8") -> bytes:
    """A message of these statements (`statement` makes them)."""
    return f"""<?xml version="1.0" encoding="{encoding}"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>S-1</MsgId><CreDtTm>2026-03-02T00:30:00Z</CreDtTm></GrpHdr>
    {"".join(statements)}
  </BkToCstmrStmt>
</Document>""".encode(encoding)


def statement(*entries: str, account: str = IBAN_DE, balances: str = "", name: str = "甲") -> str:
    """A statement of one account of DEUTDEFF."""
    return f"""<Stmt><Id>1</Id><CreDtTm>2026-03-02T00:30:00Z</CreDtTm>
      <Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>{name}</Nm></Ownr>
        <Svcr><FinInstnId><BICFI>DEUTDEFFXXX</BICFI></FinInstnId></Svcr></Acct>
      {balances or balance("OPBD", "0.00")}{"".join(entries)}</Stmt>"""


def balance(code: str, amount: str, *, day: str = "2026-03-01", sign: str = "CRDT", sub_type: str = "") -> str:
    """One balance of a statement."""
    sub = f"<SubTp><Cd>{sub_type}</Cd></SubTp>" if sub_type else ""
    return f"""<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry>{sub}</Tp><Amt Ccy="EUR">{amount}</Amt>
      <CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"""


def entry(
    amount: str,
    *details: str,
    direction: str = "DBIT",
    status: str = "<Cd>BOOK</Cd>",
    reference: str = "R-1",
    booked: str = "<DtTm>2026-03-01T10:00:00+01:00</DtTm>",
    code: str = "ICDT/ESCT",
    reversal: str = "",
) -> str:
    """One entry; `details` are TxDtls."""
    family, sub_family = code.split("/")
    return f"""<Ntry><NtryRef>N-{reference}</NtryRef><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{reversal}
      <Sts>{status}</Sts><BookgDt>{booked}</BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>
      <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd>
      {"<NtryDtls>" + "".join(details) + "</NtryDtls>" if details else ""}</Ntry>"""


def details(
    *,
    refs: str = "",
    amount: str = "",
    debtor: str = IBAN_DE,
    creditor: str = IBAN_FR,
    more_amounts: str = "",
    direction: str = "DBIT",
    dates: str = "",
    returned: str = "",
) -> str:
    """One payment within an entry; `refs`, `more_amounts`, `dates` and `returned` are XML."""
    own = f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>' if amount else ""
    return f"""<TxDtls>{f"<Refs>{refs}</Refs>" if refs else ""}{own}{more_amounts}<RltdPties>
      <Dbtr><Pty><Nm>甲</Nm></Pty></Dbtr>{f"<DbtrAcct><Id><IBAN>{debtor}</IBAN></Id></DbtrAcct>" if debtor else ""}
      <Cdtr><Pty><Nm>乙商店</Nm></Pty></Cdtr>{f"<CdtrAcct><Id><IBAN>{creditor}</IBAN></Id></CdtrAcct>" if creditor else ""}
      </RltdPties>{dates}{returned}</TxDtls>"""


def is_valid(message: bytes) -> bool:
    """Whether a message keeps to its official schema; BadInput says why not."""
    return schemas.check(parse(message, "a sample"), "a sample")


def changed(message: bytes, before: str, after: str) -> bytes:
    """A message with one piece of its text replaced."""
    text = message.decode()
    assert before in text, before
    return text.replace(before, after).encode()


def local_names(message: bytes) -> set[str]:
    """The short names of all elements of a message."""
    return {etree.QName(element).localname for element in parse(message, "a message").iter()}
