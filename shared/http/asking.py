"""Who asks: the caller of a request, with the rights they have at this moment."""

from typing import Annotated

from fastapi import Depends, Header, Request

from shared.access import Standing
from shared.audit import Origin
from shared.errors import Forbidden
from shared.http.served import in_short
from shared.identity import Caller
from shared.ids import PersonId
from shared.request_form import require_form
from shared.tokens import BearerToken, token_caller

ON_BEHALF_OF = "Cairn-On-Behalf-Of"
_CALLER = "cairn.caller"


OnBehalfOf = Annotated[
    PersonId | None,
    Header(alias=ON_BEHALF_OF, description="A person whom a service asks for, with that person's rights."),
]


async def asked_by(request: Request) -> Caller:
    """Who asks, in good form; a service may ask with the rights of one person, never with more.

    Who has left the organisation is nobody any more, whatever their token still says.  Found once a request.
    People may ask so often and no oftener; services ask for all of them.
    """
    known: Caller | None = request.scope.get(_CALLER)
    if known is None:
        known = request.scope[_CALLER] = await _admitted(request)
    return known


def origin_of(request: Request, deed: str) -> Origin:
    """For the audit: what is asked for, and the address that asks."""
    return Origin(deed, request.client.host if request.client else "")


async def _admitted(request: Request) -> Caller:
    caller = await token_caller(request)
    if not caller.is_service:
        request.app.state.rates.take(caller.subject)
    await require_form(request)
    standing: Standing = request.app.state.standing
    on_behalf_of = request.headers.get(ON_BEHALF_OF)
    if on_behalf_of is None:
        return await standing.admit(caller)
    if not caller.is_service:
        raise Forbidden(f"Only services send {ON_BEHALF_OF}; leave the header out.")
    person_id = PersonId(on_behalf_of)
    asked_for = Caller(subject=f"{caller.subject}>{person_id}", person_id=person_id)
    return await standing.admit(asked_for, with_roles=False)


@in_short(asked_by)
async def caller_of(request: Request, token: BearerToken, on_behalf_of: OnBehalfOf = None) -> Caller:
    """`asked_by`, with what it reads declared."""
    del token, on_behalf_of
    return await asked_by(request)


Asking = Annotated[Caller, Depends(caller_of)]


def person_of(caller: Caller) -> PersonId:
    """The person who asks; raises `Forbidden` for callers who are none."""
    if caller.person_id is None:
        raise Forbidden("Only a person can do this; ask with a token of a person.")
    return caller.person_id
