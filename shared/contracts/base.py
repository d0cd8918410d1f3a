"""What a published event and a published state are.

An event says what happened to one aggregate: ids and facts, never a person's name nor
free text.  A state is the public face of an aggregate, newest only, on a compacted topic.
What comes from outside is neither: an inbound message is somebody else's word.
The wire type follows from the module and the class: `GoalClosed` in `shared.contracts.goals`
is `cairn.goals.goal_closed.v1`.  A contract that outgrows its module goes on in others whose names
begin with it: what is in `goals_initiatives` is published by goals too.
"""

import re
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from shared.identity import MachineRole


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Frozen(BaseModel):
    """A value: never changed, unknown fields passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(Frozen):
    """What events and states share: whose they are and what they are about.

    A concrete class gives `subject_field`, the name of its field that holds the aggregate's id.
    """

    subject_field: ClassVar[str] = ""
    schema_version: ClassVar[int] = 1
    publisher: ClassVar[str] = ""
    wire_type: ClassVar[str] = ""
    internal: ClassVar[bool] = False
    """Whether Cairn's own services alone are granted its topic."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Derive the publisher and the wire type of a concrete message from where it is written."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.publisher = cls.__module__.rpartition(".")[2].partition("_")[0]
        cls.wire_type = f"cairn.{cls.publisher}.{_snake(cls.__name__)}.v{cls.schema_version}"

    @property
    def subject(self) -> str:
        """The id of the aggregate that this is about; also the Kafka key."""
        return str(getattr(self, self.subject_field))


class Event(Message):
    """Something that happened, in the past tense; published on `cairn.<publisher>.<stream>`.

    All events of an aggregate are on one stream, for they are numbered together.
    """

    stream: ClassVar[str] = "events"
    cumulative: ClassVar[bool] = False
    """Whether each says all that those before it have said, so that one may be missing."""


class State(Message):
    """The newest public state of an aggregate; published on `cairn.<publisher>.<stream>`, and compacted."""

    stream: ClassVar[str] = "state"
    """On `state` it has the number of the event beside it; on another, whose name ends in it, its own."""


class Inbound(Message):
    """What systems of the enterprise tell a service, on the topic that the class names.

    Whoever sends it chooses source and id; both together are told once, however often they come.
    """

    topic: ClassVar[str] = ""
    sender: ClassVar[MachineRole]
    """The role of whoever may write to the topic: the door is the broker's."""
