"""What travels around an event comes back as it was, from a record and from the outbox."""

from datetime import UTC, datetime

import pytest
from bson import ObjectId

from shared.messaging.envelope import Envelope, Record, envelope_of_row, outbox_row, read_envelope

SAID = Envelope(
    id=str(ObjectId("65a000000000000000000001")),
    source="/cairn/goals",
    type="cairn.goals.goal_closed.v1",
    subject="goal_1",
    time=datetime(2026, 11, 26, 12, 30, 15, 250_000, tzinfo=UTC),
    sequence=7,
    epoch=2,
    correlation_id="c1",
    causation_id="e1",
    traceparent="00-1-2-01",
)
PLAIN = SAID._replace(epoch=0, causation_id="", traceparent="")


def record(headers: list[tuple[str, bytes]]) -> Record:
    return Record("cairn.goals.events", 0, 0, b"goal_1", b"{}", tuple(headers))


@pytest.mark.parametrize("said", [SAID, PLAIN])
def test_a_record_gives_back_what_was_said(said: Envelope) -> None:
    assert read_envelope(record(said.headers())) == (said, b"{}")


@pytest.mark.parametrize("case", [str.upper, str.title])
def test_names_of_headers_are_read_in_any_case(case) -> None:
    assert read_envelope(record([(case(name), value) for name, value in SAID.headers()]))[0] == SAID


def test_structured_mode_is_known_by_its_content_type_in_any_case() -> None:
    value = b'{"specversion": "1.0", "id": "x", "source": "/s", "type": "t", "subject": "g", "sequence": 1,'
    value += b' "time": "2026-01-01T00:00:00Z", "data": {"a": 1}}'
    headers = (("Content-Type", b"application/cloudevents+json; charset=utf-8"), ("ce_id", b"y"))
    envelope, data = read_envelope(Record("t", 0, 0, None, value, headers))
    assert (envelope.id, data) == ("x", b'{"a":1}')


@pytest.mark.parametrize("said", [SAID, PLAIN])
def test_a_row_of_the_outbox_gives_back_what_was_said(said: Envelope) -> None:
    assert envelope_of_row(outbox_row(ObjectId(said.id), "cairn.goals.events", said, b"{}")) == said
