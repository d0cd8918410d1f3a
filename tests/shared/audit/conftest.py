"""An audit in a database of its own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.work import Work
from tests.shared.audit.chaining import audit_in


@pytest.fixture
async def work(engines: Any, name: str) -> AsyncIterator[Work]:
    async with audit_in(engines, name) as work:
        yield work
