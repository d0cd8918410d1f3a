"""Who has a right on a topic of ours and is none of ours is told, by whichever name they have it."""

from shared.messaging.users import ALLOW, ANY_HOST, LITERAL, OPERATIONS, PREFIXED, RESOURCES, Acl, _others

TOPICS = {"cairn.goals.events", "cairn.people.state"}


def right(name: str, pattern: int) -> Acl:
    return RESOURCES["topic"], name, pattern, f"User:{name}", ANY_HOST, OPERATIONS["read"], ALLOW


def test_rights_on_one_topic_on_all_and_on_those_that_begin_alike_are_told() -> None:
    literal = [right(name, LITERAL) for name in ("cairn.goals.events", "*", "other", "cairn.goals.")]
    prefixed = [right(name, PREFIXED) for name in ("cairn.", "cairn.people.state", "other.", "goals")]
    found = _others([*literal, *prefixed], TOPICS)
    assert [name for _, name in found] == ["*", "cairn.*", "cairn.goals.events", "cairn.people.state*"]
