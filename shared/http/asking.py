"""Who asks: the caller of a request, with the rights they have at this moment."""

from typing import Annotated

from fastapi import Depends, Header, Request

from shared.access import Standing
from shared.errors import Forbidden
from shared.identity import Caller
from shared.ids import PersonId
from shared.request_form import require_form
from shared.tokens import CurrentCaller

ON_BEHALF_OF = "Cairn-On-Behalf-Of"


async def caller_of(
    request: Request,
    caller: CurrentCaller,
    on_behalf_of: Annotated[
        PersonId | None,
        Header(
            alias=ON_BEHALF_OF, description="A person whom a service asks for, with that person's rights."
        ),
    ] = None,
) -> Caller:
    """Who asks, in good form; a service may ask with the rights of one person, never with more.

    Who has left the organisation is nobody any more, whatever their token still says.
    """
    await require_form(request)
    standing: Standing = request.app.state.standing
    if on_behalf_of is None:
        return await standing.admit(caller)
    if not caller.is_service:
        raise Forbidden(f"Only services send {ON_BEHALF_OF}; leave the header out.")
    return await standing.admit(Caller(subject=f"{caller.subject}>{on_behalf_of}", person_id=on_behalf_of))


Asking = Annotated[Caller, Depends(caller_of)]


def person_of(caller: Caller) -> PersonId:
    """The person who asks; raises `Forbidden` for callers who are none."""
    if caller.person_id is None:
        raise Forbidden("Only a person can do this; ask with a token of a person.")
    return caller.person_id
