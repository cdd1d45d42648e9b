"""The catalogue of messages: what the sources say to people, gathered into one .po file a language, and compiled.

Three kinds of message are gathered: those that Python code marks with gettext, those of templates, and *sentences*,
which no code marks: what an error or a check says (see invex.kernel.spoken). Babel does the work, so that no machine
needs the GNU tools.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from invex.kernel.spoken import CONTEXT

DOMAIN = "django"
ROOMS = ("invex", "mlops")
LINE_WIDTH = 120
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
# Where sentences are: the arguments of these calls, what is bound to one of these names, what these functions return.
CALLS = {
    "BadInput", "TooLarge", "NotAllowed", "NotFound", "Gone", "Conflict", "NotNow", "BadSpec", "BadPattern", "BadValue",
    "BadLabel", "BadMember", "BadArchive", "BadPackage", "BadAddress", "NotSent", "Outcome", "Finding", "Reason",
    "Rule", "Verdict", "NoDevice", "_fail", "_Fail", "_end", "_Stop",
}  # fmt: skip
NAMES = {
    "message", "missing", "fault", "advice", "what", "where", "offer", "why", "more", "sentence", "figures", "limits",
    "reason_message", "action", "stopped_why", "SENTENCES", "WRONG_PASSWORD", "FIRST_WHY", "_WHAT",
}  # fmt: skip
FUNCTIONS = {"problem", "_problem", "_sentence", "_why", "why_not", "why_none", "why_yield", "why_waits"}
WORDS = "SPOKEN"  # words that sentences put in; alone they are no sentence
# Whose errors only a terminal or a program shows.
TERMINAL = (
    "invex/operations/",
    "invex/api.py",
    "invex/results/api.py",
    "mlops/learning/",
    "mlops/training/api.py",
    "mlops/training/rebuild.py",
)
SHOWN = ("mlops/learning/label_forms.py", "mlops/learning/validation.py")  # of these a page says them, too
COMMANDS = "/management/"


def gather() -> Catalog:
    """Return every message of the sources, untranslated."""
    catalogue = Catalog(project="Invex", charset="utf-8")
    for path in sorted(p for room in ROOMS for p in (settings.BASE_DIR / room).rglob("*.py")):
        place = path.relative_to(settings.BASE_DIR).as_posix()
        with path.open("rb") as source:
            _add(catalogue, place, source)
        if place in SHOWN or (not place.startswith(TERMINAL) and COMMANDS not in place):
            for sentence in sentences(ast.parse(path.read_text())):
                catalogue.add(sentence, context=CONTEXT, locations=[(place, 0)])
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        place = path.relative_to(settings.BASE_DIR).as_posix()
        # Django turns a template into calls of gettext between X's; without indentation that is Python enough.
        code = "\n".join(line.strip() for line in templatize(path.read_text(), origin=place).splitlines())
        _add(catalogue, place, io.BytesIO(code.encode()))
    return catalogue


def path_of(language: str) -> Path:
    """Return where the .po file of `language` is; its .mo file lies beside it."""
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Return the catalogue of `language` as it is kept; an empty one where there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, project="Invex", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> Catalog:
    """Bring the .po file of `language` up to the sources: new messages in, untranslated; old ones out. Compile it."""
    catalogue = read(language)
    catalogue.update(gather(), no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    catalogue.obsolete.clear()
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=LINE_WIDTH, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    path.with_suffix(".mo").write_bytes(compiled(catalogue))
    return catalogue


def compiled(catalogue: Catalog) -> bytes:
    """Return the catalogue as Python's gettext reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the messages that lack a translation, or a form of it."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


def _add(catalogue: Catalog, place: str, source: io.BufferedIOBase) -> None:
    text = source.read()
    if b"_(" not in text and b"gettext" not in text:  # half of the modules: a second less
        return
    for _line, message, _comments, context in extract("python", io.BytesIO(text), KEYWORDS):
        catalogue.add(message, context=context, locations=[(place, 0)])


def sentences(tree: ast.Module) -> Iterator[str]:
    """Yield what the module says without marking it, with {1}, {2} … where something is put in."""
    for node in ast.walk(tree):
        for text in (text for said in _places(node) for text in _said(said)):
            if any(c.isalpha() for c in text) and " " in text.strip():
                yield text
        if isinstance(node, ast.Assign) and any(_name(target) == WORDS for target in node.targets):
            yield from _said(node.value)


def _places(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions at `node` that say something."""
    if isinstance(node, ast.Call) and _name(node.func) in CALLS:
        yield from node.args
    elif isinstance(node, ast.Dict):
        keys = (key.value if isinstance(key, ast.Constant) else None for key in node.keys)
        yield from (value for key, value in zip(keys, node.values) if key == "error")
    elif isinstance(node, ast.keyword) and node.arg in NAMES:
        yield node.value
    elif isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS:
        yield from (n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None)
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(_name(target) in NAMES for target in targets):
            yield node.value


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _said(node: ast.expr) -> Iterator[str]:
    """Yield the sentences that an expression may be: every branch of a choice, every value of a table."""
    if isinstance(node, ast.IfExp):
        yield from _said(node.body)
        yield from _said(node.orelse)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _said(value)
    elif isinstance(node, ast.Tuple | ast.List):
        for value in node.elts:
            yield from _said(value)
    elif isinstance(node, ast.BinOp):
        yield from _said(node.left)
        yield from _said(node.right)
    elif text := _template(node):
        yield text


def _template(node: ast.expr) -> str:
    """Return the text of a string, {n} for each thing that is put in; "" for any other expression."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    text, n = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            n += 1
            text += f"{{{n}}}"
    return text
