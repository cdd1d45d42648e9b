"""Documents that several people meet."""

from __future__ import annotations

import pytest

from invex.accounts.roles import Role
from tests.invex.world import access_to, document_in_review, vendor


@pytest.fixture(scope="module")
def keys_of_three(once) -> list[int]:
    """Three documents of one template in review, in the order in which they came."""
    access, one = access_to("demo", Role.OWNER, name="owner-demo"), vendor()
    return [document_in_review(access, one.document(n)).pk for n in range(3)]
