"""Choose what to be told of, and how.

When    the person asks (PUT /preferences), knowing the version that is replaced
May     choose: self                              (access.py)
Rule    Preferences.choose

It publishes nothing: what somebody wants to hear of is nobody's business.
"""

from fastapi import APIRouter, Response

from services.notifications.domain.preferences import Choices, Preferences
from services.notifications.store import PREFERENCES, PreferencesStore
from services.notifications.views import PreferencesView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import PersonId
from shared.work import Transaction

router = APIRouter(tags=["preferences"])


class ChoosePreferences(Frozen):
    """Who chooses what."""

    person_id: PersonId
    choices: Choices


async def choose_preferences(command: ChoosePreferences, tx: Transaction) -> Preferences:
    """The preferences from now on."""
    store = PreferencesStore(tx)
    preferences = await store.of(command.person_id)
    await tx.require("choose", preferences)
    return store.save(preferences.choose(command.choices))


@router.put("/preferences", response_model=PreferencesView, summary="Choose preferences")
async def put_preferences(choices: Choices, run: Run) -> Response:
    """Replace the caller's choices."""
    command = ChoosePreferences(person_id=run.me(), choices=choices)
    return await run(
        choose_preferences,
        command,
        key=command.person_id,
        reply=PreferencesView.of,
        match=(PREFERENCES, command.person_id),
        must_match=True,
    )
