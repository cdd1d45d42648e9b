"""Every operation of /api/v1 keeps its word at the limits that its schema sets, too.

Collecting this file draws all of its examples: conftest.py leaves it out where slow tests are not asked for.
"""

from __future__ import annotations

import pytest

from tests.test_api_schema import asked, bearer, drawn, one_connection, schema_with  # noqa: F401

pytestmark = pytest.mark.slow
schema = schema_with(limits=True)


@schema.parametrize()
@drawn
def test_every_operation_keeps_its_word_at_its_limits(case, bearer, batch):  # noqa: F811
    asked(case, bearer, batch)
