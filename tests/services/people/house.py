"""The people service in this process.

What it publishes of people and units it also reads, as every service does: `settle` feeds its
states back to it, as the consumer would, and expands its fan-outs.
"""

from dataclasses import dataclass, field
from typing import Any

from httpx import Response

from shared.messaging.envelope import Record, envelope_of_row
from tests.services import house
from tests.services.asker import Asker


class Caller(Asker):
    """Who asks for people, and brings files of them."""

    async def names(self, path: str = "/people", **params: Any) -> list[str]:
        return [entry["name"] for entry in await self.listed(path, **params)]

    async def upload(self, content: str | bytes, **params: Any) -> Response:
        sent = content.encode() if isinstance(content, str) else content
        headers = {**self.headers, "Content-Type": "text/csv"}
        return await self.client.post("/imports", content=sent, params=params, headers=headers)


@dataclass
class House(house.House):
    """People and units by what they are called, and files brought in to their end."""

    _fed: set[Any] = field(default_factory=set)

    @property
    def admin(self) -> Caller:
        """HR's own system: nobody in the directory."""
        return self.as_("hr-system", "hr_admin")

    def as_(self, person_id: str, *roles: str, **claims: Any) -> Caller:
        return Caller(**vars(super().as_(person_id, *roles, **claims)))

    async def hire(self, name: str, **details: Any) -> str:
        """The id of somebody new."""
        given, _, family = name.partition(" ")
        body = {"given_name": given, "family_name": family, **details}
        answer = await self.admin.post("/people", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["person_id"]

    async def make_unit(self, name: str, kind: str = "department", **more: Any) -> str:
        answer = await self.admin.post("/units", {"name": name, "kind": kind, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()["unit_id"]

    async def settle(self) -> None:
        """Until there is nothing left to expand or to feed back."""
        await self.expand()
        while await self._feed_back():
            await self.expand()

    async def _feed_back(self) -> bool:
        topics = [guard.topic for guard in self.runtime.guards]
        rows = await self.db["outbox"].find({"topic": {"$in": topics}}).sort("_id", 1).to_list(None)
        new = [row for row in rows if row["_id"] not in self._fed]
        self._fed |= {row["_id"] for row in new}
        records = [
            Record(
                row["topic"], 0, 0, row["key"].encode(), row["value"], tuple(envelope_of_row(row).headers())
            )
            for row in new
        ]
        for start in range(0, len(records), 1000):
            await self.feed(*records[start : start + 1000])
        return bool(new)

    async def imported(self, content: str | bytes, **params: Any) -> dict[str, Any]:
        """Import a file to its end; the report."""
        begun = await self.admin.upload(content, **params)
        assert begun.status_code == 202, begun.text
        await self.settle()
        report = (await self.admin.get(f"/imports/{begun.json()['import_id']}")).json()
        assert report["state"] == "done"
        return report

    async def person(self, person_id: str) -> dict[str, Any]:
        answer = await self.admin.get(f"/people/{person_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def numbered(self, employee_number: str) -> dict[str, Any]:
        [found] = await self.admin.listed("/people", employee_number=employee_number)
        return found
