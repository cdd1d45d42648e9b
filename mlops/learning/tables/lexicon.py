"""What headers, units and sum lines are called in English, German, French, Spanish, Italian, Dutch,
Portuguese, Swedish and Danish.

Stems, folded to lower-case ASCII letters. A word may hint at several groups ("Preis/Einheit": price and unit); what a
combination means is learned, not written here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from invex.fields.charges import DISCOUNT_STEMS
from invex.fields.folding import fold
from invex.fields.stems import Stems

# Group -> stems that start a word. Order is the order of the features.
HEADER_STEMS: dict[str, tuple[str, ...]] = {
    group: tuple(stems.split())
    for group, stems in {
        "description": """
            descri bezeichn beschreib artikelb leistung designation libelle detail concepto denominacion
            omschrijv beni service produ item particular tatigkeit text ware prestation objet intitule natura
            oggetto benaming dienst activity gegenstand title beskriv benamning articulo articolo article artikel
            position
        """,
        "code": "art code codice codigo cod ref sku ean gtin hsn sac material model mpn",
        "position": "pos nr no num lfd line ligne riga linea regel sl sr item",
        "quantity": """
            qty quant qte menge anz anzahl cantidad cant quantita qta aantal hoeveel nombre nbre stuckzahl hours
            heures stunden std horas ore uren units uds unidades count volume nb antal
        """,
        "unit": """
            unit enhet enhed einh me mengeneinh ud um uom unidad unita unite eenh stk stuck stuk udm measure geb mengen
        """,
        "price": """
            price preis prix precio prezzo prijs rate cost tarif tarief tarifa ep pu puht up einzelpreis
            stuckpreis nettopreis stukprijs eenheidsprijs kosten cout taux epreis vk vke uvp listenpreis coste
            pris apris preco
        """,
        "each": "unit uni einzel per pro je each stuk stuck einh unitari ud ep pu",
        "tax": """
            tax vat mwst ust tva iva btw steuer umsatzst mehrwert impuesto gst igst cgst sgst taxe imposta
            belasting usts mwsts igic moms
        """,
        "rate": "rate satz taux tipo aliquota aliq tarief percent prozent pct code steuersatz",
        "amount": """
            amount betrag montant total importe importo bedrag summe gesamt gp ges totaal totale sum value wert
            warenwert nettobetrag gesamtpreis nettowert extended soustotal subtotal positionsbetrag ht mt charge
            fee bruttobetrag valeur valore belopp belob valor
        """,
        "net": "net netto ht excl exkl hors neto base imponibile taxable basis",
        "gross": "gross brut brutto ttc incl inkl lordo bruto toutes",
        "discount": DISCOUNT_STEMS,
        "date": "date dato datum fecha data jour day tag period zeitraum",
    }.items()
}

_SUM_STEMS = """
total subtotal sous summe zwischensumme gesamt ubertrag carried brought carry report reporter totaal subtotaal
totale subtotale suma netto net brutto gross rechnungsbetrag mwst ust vat tva iva btw tax taxes steuer base
imponibile zahlbetrag due payable payer balance amount montant importe importo bedrag betrag nettobetrag
gesamtbetrag bruttobetrag endbetrag rounding warenwert positionssumme rechnungssumme bruttosumme nettosumme
steuerbetrag umsatzsteuer mehrwertsteuer versicherungsteuer gesamtsumme subt paid gezahlt anzahlung acompte anticipo
acconto excl incl inkl zzgl abzgl zuzuglich overdracht riporto suman sigue transport saldo solde rabatt discount
remise sconto korting descuento summa totalt ialt moms valor
"""

# What closes a receipt: how it was paid, what was given back, how it was rounded, and how many articles there were.
_PAYMENT_WORDS = """
cash tendered change visa mastercard maestro debit credit contactless bar gegeben zuruck ruckgeld wechselgeld girocard
kartenzahlung especes rendu rendre monnaie cb efectivo entregado cambio tarjeta contanti contante resto bancomat
contant ontvangen terug wisselgeld pin pinbetaling bancontact numerario dinheiro troco multibanco kontant tillbaka
vaxel kontokort retur byttepenge dankort rounding rounded rnd rundung rundungsdifferenz arrondi redondeo
arrotondamento afronding arredondamento avrundning oresavrundning afrunding oreafrunding gst ipt taxe imposta imposto
impuesto impuestos delsumma delsum tussentotaal eindtotaal teilsumme zwischenbetrag endsumme rechnungsendbetrag
rechnungstotal zahlungsbetrag zahlen bezahlen betalen betala betaling betale pagar pagare regler items posten articles
articulos articoli artikelen artigos varor varer devolucion retour
count pezzi assiette grondslag maatstaf underlag grundlag incidencia
"""

_NOTE_STEMS = """
art artnr artikelnr ref sku ean gtin serial seriennummer serienummer serie lot batch charge lieferschein delivery
bestell order note hinweis inkl incl hsn imei color colour farbe size grosse model part period zeitraum livraison
commande pedido ordine rabatt discount remise warranty garantie origin herkunft zolltarif gewicht weight poids
"""

_UNITS = """
stk st stck stuck stuecke pcs pc pce piece pieces ea each unit units unite unites unidad unidades ud uds pz pezzi
pezzo stuks stuk h hr hrs hour hours std stunde stunden heure heures hora horas ora ore uur uren day days tag tage
jour jours dia dias giorno giorni dag dagen mt mois month months monat monate mes meses mese mesi maand maanden kg g
gr mg t to l lt ltr liter litre litres litro litri ml cl m mm cm km lfm m2 m3 qm cbm kwh mwh kw set sets satz paar
pair paire paio pack packs pkg pak paket box boxes karton ktn carton cartons ctn kiste rolle rollen roll rolls
rouleau flasche fl dose sack bag forfait pauschal pausch psch ls lot user users licence license lizenz licentie
night nights nacht nachte nuit personen pers person session seite page word words worter mot gb tb mb bl blatt
palette pal dz dozen bottle bottles woche wochen week weeks semaine jahr jahre year years an ans ano anno jaar visit
km2 ha ft sqft lb lbs oz yd
"""
UNITS = frozenset(_UNITS.split())

_CURRENCIES = (
    "eur euro euros usd gbp chf dollar dollars inr rs sek nok dkk pln czk huf aud cad nzd sgd jpy cny aed myr rm"
)
CURRENCIES = frozenset(_CURRENCIES.split())
GROUPS = tuple(HEADER_STEMS)

# What a whole word may stand for, which as a stem would be more.
_ENTIRE = {"desc": ("description", "discount"), **dict.fromkeys(("less", "bonif", "kort", "abschlag"), ("discount",))}
_LETTERS = re.compile(r"[a-z]+")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}(?:[a-z]\b)?")


_HEADERS = Stems(
    {
        stem: sum(1 << bit for bit, group in enumerate(GROUPS) if stem in HEADER_STEMS[group])
        for stems in HEADER_STEMS.values()
        for stem in stems
    }
)
_SUMS = Stems(dict.fromkeys(_SUM_STEMS.split(), 1))
_PAYMENTS = frozenset(_PAYMENT_WORDS.split())
_NOTES = Stems(dict.fromkeys(_NOTE_STEMS.split(), 1))


@lru_cache(maxsize=1 << 16)
def header_groups(text: str) -> int:
    """Bit mask over GROUPS of what a word of a header may hint at."""
    folded = fold(text).replace("ß", "ss")
    mask = _HEADERS(folded) | (1 << GROUPS.index("rate") if "%" in text else 0)
    # Compounds put the telling part last: "Nettopreis", "Mehrwertsteuersatz", "Positionsbetrag".
    end = folded.rstrip(".:")
    for ending, group in _ENDINGS:
        if end.endswith(ending):
            mask |= 1 << GROUPS.index(group)
    for group in _ENTIRE.get(end, ()):
        mask |= 1 << GROUPS.index(group)
    return mask


_ENDINGS = (
    ("preis", "price"),
    ("prijs", "price"),
    ("betrag", "amount"),
    ("bedrag", "amount"),
    ("satz", "rate"),
    ("steuer", "tax"),
    ("menge", "quantity"),
    ("summe", "amount"),
    ("wert", "amount"),
    ("einheit", "unit"),
    ("bezeichnung", "description"),
    ("beschreibung", "description"),
)


@lru_cache(maxsize=1 << 16)
def is_sum_word(text: str) -> bool:
    folded = _INITIALS.sub(lambda initials: initials[0].replace(".", ""), fold(text))  # "T.V.A." is "tva"
    if _SUMS(folded):
        return True
    # "12-pin" and "cash-box" are sold.
    return "-" not in folded.strip("-") and not _PAYMENTS.isdisjoint(_LETTERS.findall(folded))


@lru_cache(maxsize=1 << 16)
def is_note_word(text: str) -> bool:
    return bool(_NOTES(fold(text)))


@lru_cache(maxsize=1 << 16)
def is_unit(text: str) -> bool:
    return re.sub(r"[^a-z0-9]", "", fold(text)) in UNITS


@lru_cache(maxsize=1 << 16)
def is_currency(text: str) -> bool:
    return text.strip(".,") in ("€", "$", "£", "¥", "₹", "Fr", "CHF") or fold(text).strip(".,:") in CURRENCIES
