"""A person as a SCIM User, and a User as what is said of a person."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from scim2_models import (
    Email,
    EnterpriseUser,
    GroupMembership,
    InvalidValueException,
    Manager,
    Meta,
    Name,
    User,
)

from services.people.domain.person import Person
from services.people.store.scim import ScimUser
from services.people.usecases.change_person import PersonChange
from services.people.usecases.take_scim_user import version_of

ScimResource = User[EnterpriseUser]
LONG_AGO: Final = "1970-01-01T00:00:00+00:00"
"""When whoever was there before SCIM was created, as far as SCIM can tell."""


class Membership(NamedTuple):
    """Of which group somebody is."""

    group_id: str
    display_name: str


def user_of(
    person: Person, kept: ScimUser | None, *, user_name: str, groups: Iterable[Membership] = ()
) -> Any:
    """The User: what was sent, with what the directory has now."""
    user: Any = ScimResource.model_validate(kept.resource["scim"] if kept else {"schemas": SCHEMAS})
    user.id = person.person_id
    user.user_name = user_name
    user.active = person.status == "active"
    user.external_id, user.title = person.external_id, person.job_title
    _name(user, person)
    _email(user, person.email)
    _enterprise(user, person)
    user.groups = [_membership(each) for each in groups] or None
    user.meta = Meta.model_validate(
        {
            "resourceType": "User",
            "created": kept.created if kept else LONG_AGO,
            "lastModified": kept.modified if kept else LONG_AGO,
            "version": version_of(person, kept),
        }
    )
    return user


SCHEMAS: Final = ["urn:ietf:params:scim:schemas:core:2.0:User"]


def said_by(user: Any) -> PersonChange:
    """What a User says of a person; raises invalidValue of RFC 7644 3.12."""
    extension, name = user[EnterpriseUser], user.name
    manager = extension.manager if extension else None
    given, family = (name.given_name or "", name.family_name or "") if name else ("", "")
    if not (given.strip() or family.strip()):
        given = user.display_name or user.user_name
    said = {
        "given_name": given,
        "family_name": family,
        "external_id": user.external_id,
        "job_title": user.title,
        "email": email_of(user),
        "employee_number": extension.employee_number if extension else None,
        "manager_id": manager.value if manager else None,
    }
    try:
        return PersonChange.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InvalidValueException(detail=f"{first['loc'][0]}: {first['msg']}") from error


def kept_of(user: Any, said: PersonChange) -> dict[str, Any]:
    """What to keep of it: all but the password, which fields of the person it stated, its addresses."""
    sent = user.model_copy(deep=True)
    sent.password = sent.id = sent.meta = sent.groups = None
    stated = [name for name, value in said.model_dump().items() if value is not None]
    return {"scim": sent.model_dump(), "stated": stated, "addresses": addresses_of(user)}


def addresses_of(user: Any) -> list[str]:
    """All of its addresses, as they are looked up."""
    return [address_key(each.value) for each in user.emails or () if each.value]


def address_key(address: str) -> str:
    """An address without regard to case."""
    return address.casefold()


def email_of(user: Any) -> str | None:
    """The primary address, else that of work, else the first, else a userName that is one."""
    emails = [each for each in user.emails or () if each.value]
    best = sorted(emails, key=lambda each: (not each.primary, each.type != "work"))
    return best[0].value if best else user.user_name if "@" in user.user_name else None


def _membership(of: Membership) -> GroupMembership:
    said = {
        "value": of.group_id,
        "$ref": f"Groups/{of.group_id}",
        "display": of.display_name,
        "type": "direct",
    }
    return GroupMembership.model_validate(said)


def _name(user: Any, person: Person) -> None:
    stated = user.name
    if stated is None and user.user_name == person.given_name and not person.family_name:
        return
    if user.display_name == person.name and stated is None:
        return
    user.name = stated or Name()
    user.name.given_name, user.name.family_name = person.given_name or None, person.family_name or None


def _email(user: Any, email: str | None) -> None:
    if (email_of(user) or "").lower() == (email or ""):
        return
    user.emails = [Email.model_validate({"value": email, "type": "work", "primary": True})] if email else None


def _enterprise(user: Any, person: Person) -> None:
    extension = user[EnterpriseUser]
    if extension is None:
        if person.employee_number is None and person.manager_id is None:
            return
        extension = EnterpriseUser()
        user[EnterpriseUser] = extension
    extension.employee_number = person.employee_number
    if person.manager_id is None:
        extension.manager = None
    elif extension.manager is None or extension.manager.value != person.manager_id:
        extension.manager = Manager.model_validate({"value": person.manager_id})
