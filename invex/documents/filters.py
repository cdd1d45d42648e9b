"""The filters of a list of documents, as they stand in an address: `?q=&state=&template=&batch=`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from invex.accounts.models import Project
from invex.kernel.errors import BadInput

from . import queries
from .models import Document
from .states import DocumentState

UNKNOWN = "-"  # in the address: documents of no known template


FILTERS = ("q", "state", "template", "batch")  # their names in the query of an address


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents are meant; "" = all. name: a part of it. batch: its id."""

    name: str = ""
    state: str = ""
    template: str = ""  # a name, or UNKNOWN
    batch: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> DocumentFilter:
        """Read an address's query; keys that are no filters are left alone. Raises BadInput for an unknown state."""
        asked = {key: query.get(key) or "" for key in FILTERS}
        if asked["state"] and asked["state"] not in DocumentState.values:
            raise BadInput(_("There is no state %(state)s.") % asked)
        return cls(asked["q"], asked["state"], asked["template"], asked["batch"])

    def query(self) -> dict[str, str]:
        """Return what stands in the address; the inverse of `of`."""
        pairs = {"q": self.name, "state": self.state, "template": self.template, "batch": self.batch}
        return {key: value for key, value in pairs.items() if value}

    def documents(self, project: Project) -> QuerySet[Document]:
        """Return the documents of the project that fit. Raises NotFound for a batch that the project does not have."""
        return queries.documents(
            project,
            state=self.state or None,
            template={"": None, UNKNOWN: ""}.get(self.template, self.template),
            batch=queries.batch(project, self.batch) if self.batch else None,
            name=self.name or None,
        )
