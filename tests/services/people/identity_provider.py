"""The identity provider of a test: it speaks SCIM with its own token, as Entra and Okta do."""

from typing import Any

from httpx import Response

from tests.services.people.house import House

TOKEN = "the-token-of-the-identity-provider-1"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ADA: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "userName": "Ada@Example.com",
    "externalId": "idp-1",
    "name": {"givenName": "Ada", "familyName": "Top"},
    "emails": [{"value": "ada@example.com", "type": "work", "primary": True}],
    "title": "Chief",
    "active": True,
    ENTERPRISE: {"employeeNumber": "E1", "department": "Research"},
}
BEN: dict[str, Any] = {"userName": "ben@example.com", "name": {"givenName": "Ben", "familyName": "Low"}}
USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}
GROUP = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}
OFF = {"op": "replace", "value": {"active": False}}
ON = {"op": "replace", "value": {"active": True}}


class Provider:
    """Asks with its token, or with another."""

    def __init__(self, house: House, token: str = TOKEN) -> None:
        self._client = house.client
        self._headers = {"Authorization": f"Bearer {token}"}

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        sent = {} if body is None else {"json": body}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._client.request(
            method, f"/scim/v2{path}", headers={**self._headers, **named}, **sent
        )

    async def create(self, user: dict[str, Any]) -> dict[str, Any]:
        answer = await self.send("POST", "/Users", {**USER, **user})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def create_group(self, name: str, *member_ids: str, **more: Any) -> dict[str, Any]:
        members = {"members": [{"value": each} for each in member_ids]} if member_ids else {}
        answer = await self.send("POST", "/Groups", {**GROUP, "displayName": name, **members, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def patch(self, user_id: str, *operations: dict[str, Any], **headers: str) -> Response:
        return await self.change(f"/Users/{user_id}", *operations, **headers)

    async def patch_group(self, group_id: str, *operations: dict[str, Any], **headers: str) -> Response:
        return await self.change(f"/Groups/{group_id}", *operations, **headers)

    async def change(self, path: str, *operations: dict[str, Any], **headers: str) -> Response:
        return await self.send("PATCH", path, {"schemas": [PATCH], "Operations": operations}, **headers)

    async def found(self, filter_: str, *, kind: str = "Users") -> list[str]:
        answer = await self._client.get(f"/scim/v2/{kind}", params={"filter": filter_}, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json().get("Resources", [])]

    async def sees(self, user_id: str) -> bool:
        """Whether there is such a User."""
        answer = await self.send("GET", f"/Users/{user_id}")
        assert answer.status_code in {200, 404}, answer.text
        return answer.status_code == 200
