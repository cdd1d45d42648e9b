"""Both languages, complete: every message of the sources is translated, and no page says anything that is no message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from invex.accounts.roles import Role
from invex.kernel import spoken
from invex.operations import catalogue
from invex.urls import project_pages
from tests.invex.web.access_table import PAGES, Door, Row
from tests.invex.web.access_world import World

OPENING, CLOSING = "⟦", "⟧"
PLACES = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|</?a\b")
WORD = re.compile(r"[^\W\d_]{2,}")
SAID = {"title", "aria-label", "placeholder", "alt", "data-confirm", "data-copied", "data-too-large", "data-failed"}
SILENT = {"script", "style", "code", "pre", "kbd"}  # what a person reads there is no language
NO_END = {"input", "img", "br", "meta", "link", "hr", "rect", "wbr", "path", "line", "circle", "use"}
# What the world of the access matrix holds: names of rows; labels of fields, which are the project's own; addresses.
DATA = re.compile(
    r"MARKER[\w ._-]*|invoice_en_us_7|(Demo|demo|Invex)(-[\w.-]+)?|[0-9a-f]{12,}"
    r"|\S+://\S+|ml_admin|[\w-]+\.(json|pdf|csv)|of (owner|ml_admin|author|reviewer|viewer)"
)
NAMES = {
    "Invex", "Marker", "Acme", "suppliers", "batch", "ping", "owner", "viewer", "reviewer", "author", "system", "invex", "ann", "erp",
    "number", "name", "csv", "CSV", "PDF", "REST",
    "Alt", "Ctrl", "Enter", "cpu", "MB",
}  # fmt: skip


def _names(text: str | list[str] | tuple[str, ...]) -> list[list[str]]:
    return [sorted(set(PLACES.findall(one))) for one in ((text,) if isinstance(text, str) else text)]


@pytest.fixture(scope="module")
def kept() -> Catalog:
    return catalogue.read("de")


def test_every_message_of_the_sources_is_translated(kept: Catalog) -> None:
    wanted = catalogue.gather()
    missing = [m.id for m in wanted if m.id and kept.get(_id(m), m.context) is None]
    assert missing == [], "run `make messages` and translate them in the .po file"
    assert catalogue.untranslated(kept) == []
    assert [m.id for m in kept if m.id and m.fuzzy] == []
    assert [m.id for m in kept if m.id and wanted.get(_id(m), m.context) is None] == [], "no longer said anywhere"


def test_translations_put_in_what_their_messages_do(kept: Catalog) -> None:
    for message in kept:
        if message.id:
            wanted, found = _names(message.id), _names(message.string)
            assert all(names in wanted for names in found), message.id


def test_the_compiled_catalogue_is_that_of_its_source(kept: Catalog) -> None:
    assert catalogue.path_of("de").with_suffix(".mo").read_bytes() == catalogue.compiled(kept)


def _id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


# --- what pages say --------------------------------------------------------------------------------------------------
class _Texts(HTMLParser):
    """What a person reads on a page, or hears: texts and the attributes that speak."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent: list[bool] = []
        self.depth = 0  # of brackets: a message may hold markup

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_silent = tag in SILENT or given.get("translate") == "no" or "mono" in (given.get("class") or "").split()
        is_silent = is_silent or (self.is_silent and given.get("translate") != "yes")
        is_silent = is_silent or bool({"data-alternative", "data-meaning"} & set(given))
        if not is_silent:
            self.found += [self._outside(v or "") for k, v in attrs if k in SAID or k.startswith("data-says-")]
        if tag not in NO_END:
            self.silent.append(is_silent)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass  # only within drawings

    def handle_endtag(self, tag: str) -> None:
        if tag not in NO_END and self.silent:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        rest = self._outside(data)
        if not self.is_silent:
            self.found.append(rest)

    @property
    def is_silent(self) -> bool:
        return bool(self.silent) and self.silent[-1]

    def _outside(self, text: str) -> str:
        """Return what of the text no message says."""
        kept = ""
        for character in text:
            self.depth += (character == OPENING) - (character == CLOSING)
            kept += character if self.depth == 0 and character != CLOSING else ""
        return kept


@pytest.fixture(scope="module")
def brackets() -> trans_real.DjangoTranslation:
    """German in which every translation stands in brackets."""

    def mark(text: Any) -> Any:
        return f"{OPENING}{text}{CLOSING}" if isinstance(text, str) else text

    language = trans_real.DjangoTranslation("de")
    for known in language._catalog._catalogs:
        known.update({key: mark(text) for key, text in known.items() if key})
    return language


@pytest.fixture
def marked(brackets: trans_real.DjangoTranslation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What stands outside of brackets nobody has translated."""
    monkeypatch.setitem(trans_real._translations, "de", brackets)
    spoken._spoken.cache_clear()
    spoken._patterns.cache_clear()
    yield
    spoken._spoken.cache_clear()
    spoken._patterns.cache_clear()


@pytest.fixture(autouse=True)
def data_dir() -> None:
    """The blobs are those of the world."""


def _plain(html: str) -> list[str]:
    """Return the texts of the page in which a word is left that is neither translated nor a name."""
    reader = _Texts()
    reader.feed(html)
    texts = (DATA.sub("", " ".join(text.split())) for text in reader.found)
    return [text for text in texts if set(WORD.findall(text)) - NAMES]


@pytest.mark.django_db
@pytest.mark.parametrize("row", [r for r in PAGES if r.method == "GET" and not r.name.startswith("api:")], ids=str)
def test_a_page_says_nothing_untranslated(row: Row, world: World, marked: None, run_jobs: Any) -> None:
    run_jobs.is_away = True
    inside = {str(getattr(p, "name", "")) for p in project_pages}
    arguments = [world.ids[one] if isinstance(one, str) else one for one in row.arguments]
    address = reverse(row.name, args=(["demo", *arguments] if row.name in inside else arguments))
    query = re.sub(r"\$(\w+)", lambda m: str(world.ids[m[1]]), row.query)
    client = world.browser(None if row.needs is Door.OPEN else Role.OWNER)
    client.cookies["django_language"] = "de"
    response = client.get(f"{address}?{query}", headers={"accept-language": "de"})
    if response.get("Content-Type", "").startswith("text/html") and response.status_code != 302:
        assert _plain(response.content.decode()) == []
        assert OPENING in response.content.decode() or not response.content.strip()


def test_the_test_finds_a_plain_string() -> None:
    page = (
        f'<p title="{OPENING}Gut{CLOSING}">{OPENING}Gut{CLOSING} MARKER 7</p><img alt="Plain"><code>x = yes</code>plain'
    )
    assert _plain(page) == ["Plain", "plain"]


# --- which language --------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_browser_says_which_language_and_a_person_may_choose_another() -> None:
    client = Client(headers={"accept-language": "de-AT,de;q=0.9"})
    assert 'lang="de"' in client.get("/login/").content.decode()
    client.post("/account/language/", {"language": "en", "next": "/login/"})
    assert "Passwort" not in client.get("/login/").content.decode()


@pytest.mark.django_db
def test_programs_are_answered_in_english(client: Client) -> None:
    asked = client.get("/api/v1/documents", headers={"accept-language": "de", "authorization": "Bearer no"})
    assert asked.headers["Content-Language"] == "en"
    assert "token" in asked.json()["detail"]


# --- sentences of errors and checks ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "german"),
    [
        ("There is no page 7; the document has 3.", "Es gibt keine Seite 7; das Dokument hat 3."),
        ("Net + VAT is 11.90, but Total is 12.00", "Net + VAT ergibt 11.90, aber Total ist 12.00"),
        ("Line 3: the file is odd", "Line 3: the file is odd"),
        (
            "Table taxes: two columns have the same key, rate; rename one.",
            "Tabelle taxes: zwei Spalten haben denselben Schlüssel, rate; benennen Sie eine um.",
        ),
        (
            "Rule 2 (nope, total): the template has no field 'nope'; name its fields by their keys",
            "Regel 2 (nope, total): die Vorlage hat kein Feld 'nope'; nennen Sie Felder mit ihrem Schlüssel",
        ),
        (
            "Name: 'x' is not a date such as 2020-03-29",
            "Name: 'x' ist kein Datum wie 2020-03-29",
        ),
        ("Nobody has translated this.", "Nobody has translated this."),
    ],
)
def test_a_sentence_is_said_in_german_with_what_it_speaks_of(said: str, german: str) -> None:
    with translation.override("de"):
        assert spoken.spoken(said) == german
    with translation.override("en"):
        assert spoken.spoken(said) == said
