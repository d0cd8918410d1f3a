"""Say which ways out are open, so that reactions know.

When    the service starts, with what the operator has set
Rule    Outlets.opened
"""

from services.notifications.domain.outlets import Outlets, endpoint_id
from services.notifications.store import OutletsStore
from shared.contracts.base import Frozen
from shared.settings import Settings
from shared.work import Transaction, Work


class OpenOutlets(Frozen):
    """What is open by now."""

    email: bool
    endpoint_ids: tuple[str, ...]


async def open_outlets(command: OpenOutlets, tx: Transaction) -> Outlets:
    """The ways out as they are from now on."""
    outlets = OutletsStore(tx)
    before = await outlets.open()
    opened = before.opened(email=command.email, endpoint_ids=command.endpoint_ids)
    return outlets.save(opened) if opened != before else before


async def open_from(settings: Settings, work: Work) -> Outlets:
    """Open what the settings name."""
    endpoint_ids = tuple(endpoint_id(url) for url in settings.webhook_urls)
    command = OpenOutlets(email=settings.smtp_host is not None, endpoint_ids=endpoint_ids)
    return await work.run(open_outlets, command, key="outlets")
