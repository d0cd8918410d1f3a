"""How far this process has come in the partitions that it reads."""

from collections.abc import Iterable, Mapping

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition

RawRecords = tuple[ConsumerRecord[bytes, bytes], ...]


class Applied(ConsumerRebalanceListener):
    """The next offset to apply in each partition of this process, as far as it is known here.

    Asking Kafka for it would take a request for every partition, at each look.
    """

    def __init__(self) -> None:
        self.joined = False
        """Whether the group has given this process its share, which is none where there are too many."""
        self.offsets: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._assigned: set[TopicPartition] = set()

    def take(self, records: RawRecords) -> None:
        """These are applied; of a partition that has gone elsewhere meanwhile nothing is known any more."""
        for raw in records:
            partition = TopicPartition(raw.topic, raw.partition)
            if partition in self._assigned:
                self.offsets[partition] = raw.offset + 1

    def uncommitted(self) -> dict[TopicPartition, int]:
        """Those of the offsets that the broker has not been told."""
        return {each: offset for each, offset in self.offsets.items() if self._committed.get(each) != offset}

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """The broker knows these."""
        self._committed |= {each: offset for each, offset in offsets.items() if each in self._assigned}

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Another process may go on with these: what is known of them no longer counts."""
        self.joined = False
        for partition in revoked:
            self._assigned.discard(partition)
            self.offsets.pop(partition, None)
            self._committed.pop(partition, None)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Where these stand is asked for when it is needed."""
        self.joined = True
        self._assigned |= set(assigned)


__all__ = ["Applied", "RawRecords"]
