"""E-invoices: UN/CEFACT CII (ZUGFeRD 1 and 2, Factur-X, XRechnung) and OASIS UBL, embedded in a PDF or plain.

Elements are found by their local names: the versions of ZUGFeRD differ in namespaces and wrappers, hardly in these.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from .errors import Unreadable
from .types import EInvoice

_CII_ROOTS = ("CrossIndustryInvoice", "CrossIndustryDocument")  # the second is ZUGFeRD 1
_UBL_ROOTS = ("Invoice", "CreditNote")
_CII_DATE_FORMATS = {"102": "%Y%m%d", "": "%Y%m%d"}
_VAT_SCHEME = "VA"
_IBAN_LENGTH = range(15, 35)

Element = Any  # lxml comes without types


def parse_einvoice(data: bytes) -> EInvoice | None:
    """Return what an e-invoice says, None for other XML. Raises Unreadable: corrupt, unsupported."""
    root = _root(data)
    kind = _local(root)
    if kind in _CII_ROOTS:
        return EInvoice("cii", _text(root, "GuidelineSpecifiedDocumentContextParameter/ID"), *_from_cii(root))
    if kind in _UBL_ROOTS and "ubl" in (etree.QName(root).namespace or ""):
        return EInvoice("ubl", _text(root, "CustomizationID"), *_from_ubl(root))
    return None


def embedded_einvoice(files: Iterator[tuple[str, bytes]]) -> tuple[EInvoice | None, tuple[str, ...]]:
    """Return the first e-invoice among attached files (name, content), and warnings for those that are damaged."""
    warnings = []
    for name, content in files:
        if not name.lower().endswith(".xml"):
            continue
        try:
            invoice = parse_einvoice(content)
        except Unreadable:
            warnings.append(f"the attached {name} is damaged and was not read")
            continue
        if invoice is not None:
            return invoice, tuple(warnings)
    return None, tuple(warnings)


def _root(data: bytes) -> Element:
    # No entities, no DTD, no network: an invoice needs none, and an attacker all of them.
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("corrupt", "not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("unsupported", "XML with a document type of its own")
    return root


def _local(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if _local(child) == name]


def _find(element: Element, path: str) -> Iterator[Element]:
    """Elements at `path`, whose first name may lie anywhere below `element` and whose others are each a child."""
    first, *rest = path.split("/")
    for found in element.iter("{*}" + first):
        level = [found]
        for name in rest:
            level = [child for parent in level for child in _children(parent, name)]
        yield from level


def _text(element: Element | None, path: str) -> str:
    """Text of the first element at `path` that has any, white space collapsed; "" when there is none."""
    if element is None:
        return ""
    for found in _find(element, path):
        text = " ".join("".join(found.itertext()).split())
        if text:
            return text
    return ""


def _first(element: Element, path: str) -> Element | None:
    return next(_find(element, path), None)


def _number(text: str) -> str:
    """A decimal string without exponent or needless zeros; "" when it is no number."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return ""
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return ""
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"


def _amount(text: str) -> str:
    """A decimal string with at least two decimals; "" when it is no number."""
    number = _number(text)
    if not number:
        return ""
    whole, _, decimals = number.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def _iban(text: str) -> str:
    compact = "".join(text.split()).upper()
    return compact if len(compact) in _IBAN_LENGTH and compact[:2].isalpha() and compact[2:4].isdigit() else ""


def _iso_date(text: str) -> str:
    """The date that begins an ISO 8601 text, or ""."""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def _present(values: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def _as_fields(values: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {key: (value,) for key, value in _present(values).items()}


Said = tuple[dict[str, tuple[str, ...]], tuple[dict[str, str], ...]]  # fields, lines


def _from_cii(root: Element) -> Said:
    header = _first(root, "ExchangedDocument")
    if header is None:
        header = _first(root, "HeaderExchangedDocument")  # ZUGFeRD 1
    seller, buyer = _first(root, "SellerTradeParty"), _first(root, "BuyerTradeParty")
    totals = _first(root, "SpecifiedTradeSettlementHeaderMonetarySummation")
    if totals is None:
        totals = _first(root, "SpecifiedTradeSettlementMonetarySummation")  # ZUGFeRD 1
    currency = _text(root, "InvoiceCurrencyCode").upper()
    order = _first(root, "BuyerOrderReferencedDocument")
    fields = {
        "invoice_number": _child_text(header, "ID"),
        "invoice_date": _cii_date(header, "IssueDateTime"),
        "due_date": _cii_date(_first(root, "SpecifiedTradePaymentTerms"), "DueDateDateTime"),
        "net_amount": _amount(_text(totals, "TaxBasisTotalAmount")),
        "tax_amount": _amount(_in_currency(totals, "TaxTotalAmount", currency)),
        "total_amount": _amount(_text(totals, "GrandTotalAmount")),
        "due_amount": _amount(_text(totals, "DuePayableAmount")),
        "currency": currency,
        "supplier_name": _child_text(seller, "Name"),
        "customer_name": _child_text(buyer, "Name"),
        "iban": _iban(_text(root, "PayeePartyCreditorFinancialAccount/IBANID")),
        "supplier_vat_id": _vat_id(seller, "SpecifiedTaxRegistration"),
        "purchase_order": _child_text(order, "IssuerAssignedID") or _child_text(order, "ID"),
    }
    lines = [_cii_line(line) for line in root.iter("{*}IncludedSupplyChainTradeLineItem")]
    return _as_fields(fields), tuple(line for line in lines if line)


def _cii_line(line: Element) -> dict[str, str]:
    rate = _text(line, "ApplicableTradeTax/RateApplicablePercent") or _text(
        line, "ApplicableTradeTax/ApplicablePercent"
    )
    price = _first(line, "NetPriceProductTradePrice")
    amount = _text(line, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount") or _text(
        line, "SpecifiedTradeSettlementMonetarySummation/LineTotalAmount"
    )
    values = {
        "description": _text(line, "SpecifiedTradeProduct/Name"),
        "quantity": _number(_text(line, "BilledQuantity")),
        "unit": _attribute(line, "BilledQuantity", "unitCode"),
        "unit_price": _amount(_per_unit(_text(price, "ChargeAmount"), _text(price, "BasisQuantity"))),
        "tax_rate": _number(rate),
        "amount": _amount(amount),
    }
    is_item = values["quantity"] or values["amount"]  # ZUGFeRD 1 carries free text in lines of their own
    return _present(values) if is_item else {}


def _from_ubl(root: Element) -> Said:
    supplier, customer = _first(root, "AccountingSupplierParty"), _first(root, "AccountingCustomerParty")
    totals = _first(root, "LegalMonetaryTotal")
    currency = _child_text(root, "DocumentCurrencyCode").upper()
    tax_totals = [e for total in _children(root, "TaxTotal") for e in _children(total, "TaxAmount")]
    fields = {
        "invoice_number": _child_text(root, "ID"),
        "invoice_date": _iso_date(_child_text(root, "IssueDate")),
        "due_date": _iso_date(_child_text(root, "DueDate") or _text(root, "PaymentMeans/PaymentDueDate")),
        "net_amount": _amount(_text(totals, "TaxExclusiveAmount")),
        "tax_amount": _amount(_pick_currency(tax_totals, currency)),
        "total_amount": _amount(_text(totals, "TaxInclusiveAmount")),
        "due_amount": _amount(_text(totals, "PayableAmount")),
        "currency": currency,
        "supplier_name": _text(supplier, "PartyLegalEntity/RegistrationName") or _text(supplier, "PartyName/Name"),
        "customer_name": _text(customer, "PartyLegalEntity/RegistrationName") or _text(customer, "PartyName/Name"),
        "iban": _iban(_text(root, "PayeeFinancialAccount/ID")),
        "supplier_vat_id": _ubl_vat_id(supplier),
        "purchase_order": _child_text(_first(root, "OrderReference"), "ID"),
    }
    lines = [_ubl_line(e) for e in root if _local(e) in ("InvoiceLine", "CreditNoteLine")]
    return _as_fields(fields), tuple(line for line in lines if line)


def _ubl_line(line: Element) -> dict[str, str]:
    quantity = "InvoicedQuantity" if _local(line) == "InvoiceLine" else "CreditedQuantity"
    price = _first(line, "Price")
    return _present(
        {
            "description": _text(line, "Item/Name") or _text(line, "Item/Description"),
            "quantity": _number(_text(line, quantity)),
            "unit": _attribute(line, quantity, "unitCode"),
            "unit_price": _amount(_per_unit(_text(price, "PriceAmount"), _text(price, "BaseQuantity"))),
            "tax_rate": _number(_text(line, "ClassifiedTaxCategory/Percent")),
            "amount": _amount(_child_text(line, "LineExtensionAmount")),
        }
    )


def _child_text(element: Element | None, name: str) -> str:
    """Text of the first direct child of that name; "" when there is none."""
    if element is None:
        return ""
    return next((" ".join("".join(c.itertext()).split()) for c in _children(element, name)), "")


def _attribute(element: Element, path: str, name: str) -> str:
    found = _first(element, path)
    return (found.get(name) or "").strip() if found is not None else ""


def _cii_date(element: Element | None, path: str) -> str:
    if element is None:
        return ""
    for stated in _find(element, path):
        for written in stated.iter("{*}DateTimeString", "{*}DateTime"):
            form = _CII_DATE_FORMATS.get(written.get("format") or "")
            text = (written.text or "").strip()
            iso = _iso_date(text)
            if iso or not form:
                return iso
            try:
                return datetime.strptime(text, form).date().isoformat()
            except ValueError:
                return ""
    return ""


def _in_currency(element: Element | None, path: str, currency: str) -> str:
    return "" if element is None else _pick_currency(list(_find(element, path)), currency)


def _pick_currency(amounts: list[Element], currency: str) -> str:
    """Text of the amount in that currency: the tax may be stated in the invoice's and in the accounts' currency."""
    chosen = [e for e in amounts if (e.get("currencyID") or "").upper() == currency] or amounts
    return (chosen[0].text or "").strip() if chosen else ""


def _per_unit(price: str, basis: str) -> str:
    """The price of one unit where it is stated for several."""
    try:
        quantity = Decimal(basis) if basis else Decimal(1)
        if quantity in (0, 1):
            return price
        return str(round(Decimal(price) / quantity, 6))
    except InvalidOperation:
        return price


def _vat_id(party: Element | None, path: str) -> str:
    if party is None:
        return ""
    for registration in _find(party, path):
        for number in _children(registration, "ID"):
            if number.get("schemeID") == _VAT_SCHEME and number.text:
                return "".join(number.text.split()).upper()
    return ""


def _ubl_vat_id(party: Element | None) -> str:
    if party is None:
        return ""
    for scheme in _find(party, "PartyTaxScheme"):
        if _text(scheme, "TaxScheme/ID").upper() == "VAT":
            return "".join(_child_text(scheme, "CompanyID").split()).upper()
    return ""
