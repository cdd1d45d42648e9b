"""Kinds of documents that fixtures/generator does not make: each a module with what it says, and its HTML beside it.

A new kind is two files, NAME.py with a KIND and NAME.html, and its place in KINDS. See papers.py for how documents of
them are made, and accuracy_kinds.py beside this folder for what they are measured for.
"""

from __future__ import annotations

from tests.bench.kinds import (
    air_waybill,
    bank_confirmation,
    bank_statement,
    bill_of_lading,
    broadcast_order,
    card_statement,
    customs_declaration,
    dual_fuel_bill,
    explanation_of_benefits,
    hotel_folio,
    insurance_certificate,
    insurance_letter,
    lab_report,
    lease,
    lease_amendment,
    loan_offer,
    medical_invoice,
    pay_stub,
    payslip,
    purchase_order,
    spanish_invoice,
    timesheet,
    utility_bill,
    vehicle_inspection,
)  # fmt: skip

KINDS = (
    bank_statement.KIND,
    payslip.KIND,
    utility_bill.KIND,
    bill_of_lading.KIND,
    lab_report.KIND,
    purchase_order.KIND,
    insurance_letter.KIND,
    lease.KIND,
    hotel_folio.KIND,
    timesheet.KIND,
    insurance_certificate.KIND,
    customs_declaration.KIND,
    spanish_invoice.KIND,
    card_statement.KIND,
    explanation_of_benefits.KIND,
    lease_amendment.KIND,
    loan_offer.KIND,
    vehicle_inspection.KIND,
    air_waybill.KIND,
    bank_confirmation.KIND,
    broadcast_order.KIND,
    dual_fuel_bill.KIND,
    medical_invoice.KIND,
    pay_stub.KIND,
)
