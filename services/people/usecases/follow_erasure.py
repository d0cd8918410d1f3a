"""Follow how far the services are with forgetting a person.

When    a service tells it (PersonForgotten of each service)
Rule    Erasure.hear
"""

from services.people.domain.erasure import Erasure
from services.people.store.erasures import ErasureStore
from shared.contracts.erasure import Forgotten
from shared.work import Transaction


async def follow_erasure(event: Forgotten, tx: Transaction) -> None:
    """Enter it on the receipt; of an erasure that a restore has taken away, nothing."""
    erasures = ErasureStore(tx)
    erasure: Erasure | None = await erasures.find(event.person_id)
    if erasure is not None:
        erasures.save(erasure.hear(event.publisher, event, at=tx.now))
