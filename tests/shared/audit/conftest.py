"""An audit in a database of its own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared import mongo
from shared.audit.rows import INDEXES
from shared.work import Work


@pytest.fixture
async def work(engines: Any, name: str) -> AsyncIterator[Work]:
    async with mongo.connect(engines.mongo) as client:
        work = Work(client, name)
        for collection, indexes in INDEXES.items():
            await mongo.ensure_collection(work.db, collection, indexes=indexes)
        yield work
