"""E-invoices: CII and UBL, embedded and plain."""

import pypdf
import pytest

from invex.reading.einvoice import parse_einvoice
from invex.reading.errors import Unreadable
from invex.reading.reader import read_file, render_page

CII = b"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
  xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
 <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID>
 </ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
 <rsm:ExchangedDocument><ram:ID>R-77</ram:ID><ram:IssueDateTime><udt:DateTimeString format="102">20240312</udt:DateTimeString>
 </ram:IssueDateTime></rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:Name>Oak  table</ram:Name></ram:SpecifiedTradeProduct>
   <ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>200.00</ram:ChargeAmount>
    <ram:BasisQuantity unitCode="H87">2</ram:BasisQuantity></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
   <ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="H87">3.0000</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
   <ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent>
    </ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>300</ram:LineTotalAmount>
    </ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>
  <ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Seller GmbH</ram:Name>
   <ram:DefinedTradeContact><ram:PersonName>Someone</ram:PersonName></ram:DefinedTradeContact>
   <ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">12/345</ram:ID></ram:SpecifiedTaxRegistration>
   <ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE 123456789</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
   <ram:BuyerTradeParty><ram:ID>99</ram:ID><ram:Name>Buyer AG</ram:Name></ram:BuyerTradeParty>
   <ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>PO-5</ram:IssuerAssignedID></ram:BuyerOrderReferencedDocument>
  </ram:ApplicableHeaderTradeAgreement>
  <ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
   <ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount><ram:IBANID>DE02 1203 0000 0000 2020 51</ram:IBANID>
   </ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>
   <ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">20240411</udt:DateTimeString>
   </ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
   <ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:TaxBasisTotalAmount>300.00</ram:TaxBasisTotalAmount>
    <ram:TaxTotalAmount currencyID="CHF">55.10</ram:TaxTotalAmount><ram:TaxTotalAmount currencyID="EUR">57.00</ram:TaxTotalAmount>
    <ram:GrandTotalAmount>357.00</ram:GrandTotalAmount><ram:DuePayableAmount>157.0</ram:DuePayableAmount>
   </ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""

UBL = b"""<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
 <cbc:ID>R-77</cbc:ID><cbc:IssueDate>2024-03-12</cbc:IssueDate><cbc:DueDate>2024-04-11</cbc:DueDate>
 <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
 <cac:OrderReference><cbc:ID>PO-5</cbc:ID></cac:OrderReference>
 <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Shop</cbc:Name></cac:PartyName>
  <cac:PartyTaxScheme><cbc:CompanyID>DE123456789</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
  <cac:PartyLegalEntity><cbc:RegistrationName>Seller GmbH</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
 <cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>Buyer AG</cbc:RegistrationName>
  </cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
 <cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>DE02120300000000202051</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">57.00</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxAmount currencyID="EUR">1.00</cbc:TaxAmount>
  </cac:TaxSubtotal></cac:TaxTotal>
 <cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount>300.00</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount>357.00</cbc:TaxInclusiveAmount>
  <cbc:PayableAmount>157.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
 <cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="H87">3</cbc:InvoicedQuantity>
  <cbc:LineExtensionAmount>300.00</cbc:LineExtensionAmount><cac:Item><cbc:Name>Oak table</cbc:Name>
  <cac:ClassifiedTaxCategory><cbc:Percent>19</cbc:Percent></cac:ClassifiedTaxCategory></cac:Item>
  <cac:Price><cbc:PriceAmount>100.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
</Invoice>"""

FIELDS = {
    "invoice_number": ("R-77",),
    "invoice_date": ("2024-03-12",),
    "due_date": ("2024-04-11",),
    "net_amount": ("300.00",),
    "tax_amount": ("57.00",),
    "total_amount": ("357.00",),
    "due_amount": ("157.00",),
    "currency": ("EUR",),
    "supplier_name": ("Seller GmbH",),
    "customer_name": ("Buyer AG",),
    "iban": ("DE02120300000000202051",),
    "supplier_vat_id": ("DE123456789",),
    "purchase_order": ("PO-5",),
}
LINE = {
    "description": "Oak table",
    "quantity": "3",
    "unit": "H87",
    "unit_price": "100.00",
    "tax_rate": "19",
    "amount": "300.00",
}


@pytest.mark.parametrize(("syntax", "data"), [("cii", CII), ("ubl", UBL)])
def test_both_syntaxes_say_the_same(syntax, data):
    invoice = parse_einvoice(data)
    assert invoice.fields == FIELDS
    assert invoice.lines == (LINE,)
    assert (invoice.syntax, invoice.profile) == (syntax, "urn:cen.eu:en16931:2017")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_plain_einvoice_has_a_page_to_look_at(tmp_path, encoding):
    path = tmp_path / "invoice.xml"
    path.write_bytes(CII.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding))
    document = read_file(path)
    assert document.einvoice.fields == FIELDS
    (page,) = document.pages
    words = [w.text for w in page.words]
    at = words.index("R-77")
    assert words[at - 2 : at] == ["Invoice", "number"]
    assert {"Oak", "table", "357.00"} <= set(words)
    assert render_page(path, 0, dpi=72).startswith(b"RIFF")


def test_many_lines_fill_several_pages(tmp_path):
    start, end = CII.index(b"  <ram:Included"), CII.index(b"  <ram:ApplicableHeaderTradeAgreement")
    path = tmp_path / "long.xml"
    path.write_bytes(CII[:start] + CII[start:end] * 100 + CII[end:])
    document = read_file(path)
    assert len(document.pages) == 3
    assert sum(w.text == "Oak" for p in document.pages for w in p.words) == 100
    assert all(w.box.y1 <= 1 and w.box.x1 <= 1 for p in document.pages for w in p.words)


def test_an_embedded_einvoice_is_found_among_attachments(invoice_pdf, tmp_path):
    writer = pypdf.PdfWriter(clone_from=invoice_pdf)
    writer.add_attachment("terms.xml", b"<terms/>")
    writer.add_attachment("broken.xml", b"<broken")
    writer.add_attachment("factur-x.xml", CII)
    path = tmp_path / "factur-x.pdf"
    writer.write(path)
    document = read_file(path)
    assert document.einvoice.fields == FIELDS
    assert document.pages == read_file(invoice_pdf).pages
    assert ["broken.xml" in w for w in document.warnings] == [True]


def test_other_xml_is_unsupported_and_broken_xml_corrupt(tmp_path):
    path = tmp_path / "a.xml"
    for content, code in ((b"<feed/>", "unsupported"), (b"<Invoice>", "corrupt"), (CII[:900], "corrupt")):
        path.write_bytes(content)
        with pytest.raises(Unreadable) as caught:
            read_file(path)
        assert caught.value.code == code


def test_entities_reach_neither_files_nor_memory(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read me")
    outside = f'<!DOCTYPE Invoice [<!ENTITY m SYSTEM "{secret.as_uri()}">]>'.encode()
    laughs = b'<!DOCTYPE Invoice [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 8) for i in range(12)
    )
    for attack in (outside, laughs + b"]>"):
        with pytest.raises(Unreadable) as caught:
            parse_einvoice(attack + UBL.replace(b"R-77", b"R-77&m;", 1))
        assert caught.value.code in ("unsupported", "corrupt")  # the second where the parser itself sees the bomb


def test_values_that_are_none_are_left_out():
    odd = (
        UBL.replace(b"357.00", b"NaN")
        .replace(b"2024-04-11", b"soon")
        .replace(b"<cbc:PayableAmount>157.00", b"<cbc:PayableAmount>1E+99")
    )
    fields = parse_einvoice(odd).fields
    assert not {"total_amount", "due_date", "due_amount"} & set(fields)
