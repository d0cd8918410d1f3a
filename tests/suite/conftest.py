"""One suite that runs for all tests that send it nonsense; what they leave behind must be sound."""

from collections.abc import Iterator

import pytest

from tests.suite.house import House, standing_house
from tests.suite.seed import populate


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The suite, with people and what they have done.  At the end nothing is parked or unsent."""
    with standing_house(tmp_path_factory.mktemp("house")) as house:
        populate(house)
        yield house
        house.require_rest()
