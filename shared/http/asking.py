"""Who asks: the caller of a request, with the rights they have at this moment."""

from typing import Annotated

from fastapi import Depends, Request

from shared.access import Standing
from shared.audit import Origin
from shared.errors import Forbidden
from shared.http.served import in_short
from shared.identity import Caller
from shared.ids import PersonId
from shared.request_form import require_form
from shared.tokens import BearerToken, token_caller

_CALLER = "cairn.caller"


async def asked_by(request: Request) -> Caller:
    """Who asks, in good form: themselves and for nobody else.

    Who has left the organisation is nobody any more, whatever their token still says.  Found once a request.
    People may ask so often and no oftener; machines have much to tell at once.
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
    if not caller.is_machine:
        request.app.state.rates.take(caller.subject)
    await require_form(request)
    standing: Standing = request.app.state.standing
    return await standing.admit(caller)


@in_short(asked_by)
async def caller_of(request: Request, token: BearerToken) -> Caller:
    """`asked_by`, with what it reads declared."""
    del token
    return await asked_by(request)


Asking = Annotated[Caller, Depends(caller_of)]


def person_of(caller: Caller) -> PersonId:
    """The person who asks; raises `Forbidden` for callers who are none."""
    if caller.person_id is None:
        raise Forbidden("Only a person can do this; ask with a token of a person.")
    return caller.person_id
