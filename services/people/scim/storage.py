"""Users and Groups as scim2-server wants to store them: read from the directory, written by the use cases."""

from collections.abc import Sequence
from typing import Any

from scim2_models import NotFoundException
from scim2_server.memory import InMemoryStorage
from scim2_server.storage import AsyncScimStorage, SearchPage

from services.people.domain.scim_group import GroupId
from services.people.scim.commands import Commands
from services.people.scim.groups import RolesByName, group_of, said_of
from services.people.scim.reading import MOST_COMPARED, Groups, Resources, Users
from services.people.scim.users import kept_of, said_by
from services.people.usecases.take_scim_group import DeleteScimGroup
from services.people.usecases.take_scim_user import DeleteScimUser, TakeScimUser
from shared import mongo
from shared.ids import PersonId, mint


class Storage(AsyncScimStorage):
    """One directory, for one request of the identity provider."""

    def __init__(self, database: mongo.Database, commands: Commands, roles: RolesByName) -> None:
        self._resources: dict[str, Resources] = {"User": Users(database), "Group": Groups(database)}
        self._commands = commands
        self._roles = roles

    async def get(self, resource_type: Any, resource_id: str, *, response_parameters: Any = None) -> Any:
        """One of them; what was deleted is not found."""
        del response_parameters
        return await self._one(resource_type.name, resource_id)

    async def search(
        self, resource_types: Sequence[Any], search_request: Any, *, position: Any = None
    ) -> SearchPage:
        """A page: by index where there is one for it, else by comparing at most `MOST_COMPARED` of a kind."""
        kinds = [self._resources[each.name] for each in resource_types]
        if len(kinds) == 1 and search_request.filter is None and search_request.sort_by is None:
            limit = MOST_COMPARED if search_request.count is None else search_request.count
            return await kinds[0].page(skip=search_request.start_index_0 or 0, limit=limit)
        memory = InMemoryStorage()
        memory.resources = [each for kind in kinds for each in await kind.candidates(search_request.filter)]
        return memory.search([*resource_types], search_request, position=position)

    async def create(self, resource_type: Any, resource: Any) -> Any:
        """A User who was deleted comes back with the id that they had."""
        if resource_type.name == "Group":
            return await self._take_group(resource, GroupId(mint("group")), creates=True)
        return await self._take_user(resource, PersonId(mint("person")), creates=True)

    async def update(self, resource_type: Any, resource: Any, *, expected_version: str | None = None) -> Any:
        """The whole resource anew."""
        if resource_type.name == "Group":
            return await self._take_group(resource, GroupId(resource.id), expected=expected_version)
        return await self._take_user(resource, PersonId(resource.id), expected=expected_version)

    async def delete(
        self, resource_type: Any, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """The group is gone; the person has left, and their record stays HR's."""
        if resource_type.name == "Group":
            gone = DeleteScimGroup(group_id=GroupId(resource_id), expected=expected_version)
            await self._commands.group(gone)
        else:
            left = DeleteScimUser(person_id=PersonId(resource_id), expected=expected_version)
            await self._commands.user(left)

    async def _one(self, kind: str, id_: str) -> Any:
        found = await self._resources[kind].one(id_)
        if found is None:
            raise NotFoundException(detail=f"There is no {kind} with this id.")
        return found

    async def _take_user(self, user: Any, person_id: PersonId, **how: Any) -> Any:
        said = said_by(user)
        command = TakeScimUser(
            person_id=person_id,
            said=said,
            user_name=user.user_name,
            active=user.active,
            resource=kept_of(user, said),
            **how,
        )
        person, _ = await self._commands.user(command)
        return await self._one("User", person.person_id)

    async def _take_group(self, group: Any, group_id: GroupId, **how: Any) -> Any:
        return group_of(await self._commands.group(said_of(group, group_id, self._roles, **how)))
