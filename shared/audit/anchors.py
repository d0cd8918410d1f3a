"""Anchors: how far the chain of an audit went, said where who writes to the database does not.

Each is a line of JSON.  Two kinds say more: that rows up to there were removed for their age
(`removed_before`), and that the database was put back to a backup and goes on from there (`restored_to`).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

MARGIN: Final = timedelta(minutes=10)
"""How far the clocks of processes, and of who noted when a backup began, may be apart."""


class Anchor(NamedTuple):
    """How far a chain went at a time."""

    service: str
    number: int
    seal: str
    at: str
    removed_before: str = ""
    """Of a cut: all rows up to this one were older than that, were intact, and were removed."""
    restored_to: str = ""
    """Of a restore: when the backup began to which the database was put back; the chain goes on from here."""
    epoch: int = 0
    """Of a restore: the epoch in which the service's events go on."""

    @property
    def line(self) -> str:
        """As a line of JSON."""
        said = {name: value for name, value in self._asdict().items() if value or name == "number"}
        return json.dumps(said, sort_keys=True)

    @classmethod
    def read(cls, line: str) -> "Anchor":
        """From such a line; raises `ValueError`, `KeyError` or `TypeError` if it is none."""
        said = json.loads(line)
        before, restored = str(said.get("removed_before", "")), str(said.get("restored_to", ""))
        for text in (said["at"], *filter(None, (before, restored))):
            moment(text)
        own = str(said["service"]), int(said["number"]), str(said["seal"]), str(said["at"])
        return cls(*own, before, restored, int(said.get("epoch", 0)))


class Loss(NamedTuple):
    """Rows that were anchored and that a restore took back: from one to at least another."""

    first: int
    last: int
    anchored_from: str
    anchored_until: str
    restored: Anchor

    def __str__(self) -> str:
        by = self.restored
        return (
            f"rows {self.first} to at least {self.last}, anchored from {self.anchored_from} until"
            f" {self.anchored_until}, were lost when the database was put back at {by.at} to its backup of"
            f" {by.restored_to} (epoch {by.epoch})"
        )


def settled(anchors: Iterable[Anchor]) -> tuple[list[Anchor], list[Loss]]:
    """Of a service's anchors in any order: those that hold, and what restores took back of the others.

    A restore takes back what is younger than its backup.  An anchor from before that holds on, whatever the
    line says: its row has to be there.
    """
    held: list[Anchor] = []
    losses: list[Loss] = []
    for each in sorted(anchors, key=lambda anchor: moment(anchor.at)):
        if each.restored_to:
            held, lost = _taken_back(held, each)
            if lost:
                most = max(one.number for one in lost)
                losses.append(Loss(each.number + 1, most, lost[0].at, lost[-1].at, each))
        held.append(each)
    return held, losses


def _taken_back(held: Iterable[Anchor], restored: Anchor) -> tuple[list[Anchor], list[Anchor]]:
    since = moment(restored.restored_to) - MARGIN
    sides: tuple[list[Anchor], list[Anchor]] = [], []
    for each in held:
        sides[each.number > restored.number and moment(each.at) > since].append(each)
    return sides


def newest_cut(anchors: Iterable[Anchor]) -> Anchor | None:
    """The last one that says that rows were removed."""
    return max((each for each in anchors if each.removed_before), key=lambda each: each.number, default=None)


def moment(text: str) -> datetime:
    """The time that an anchor says; raises `ValueError` if it is none, or of no zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


def read_anchors(lines: Sequence[str]) -> tuple[list[Anchor], list[int]]:
    """Those of a file, and the numbers of the lines that are none, such as one that was torn."""
    found: list[Anchor] = []
    torn: list[int] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(Anchor.read(line))
            except (ValueError, KeyError, TypeError):
                torn.append(number)
    return found, torn
