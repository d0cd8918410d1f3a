-- Cairn's events in ClickHouse, each once: of rows with one number, that of the newest epoch wins when parts are merged.
-- Not run in the tests of this project.
CREATE TABLE cairn_goals_queue
(
    id String, type LowCardinality(String), occurred_at DateTime64(3, 'UTC'), version UInt16, sequence UInt64,
    goal_id String, owner_id String, visibility LowCardinality(String)
)
ENGINE = Kafka
SETTINGS kafka_broker_list = 'kafka:9092', kafka_topic_list = 'cairn.goals.events',
         kafka_group_name = 'clickhouse.cairn.goals.events', kafka_format = 'JSONEachRow',
         input_format_skip_unknown_fields = 1, date_time_input_format = 'best_effort',
         kafka_handle_error_mode = 'stream';

CREATE TABLE cairn_goals
(
    id String, type LowCardinality(String), occurred_at DateTime64(3, 'UTC'), version UInt16, sequence UInt64,
    goal_id String, owner_id String, visibility LowCardinality(String), epoch UInt32
)
ENGINE = ReplacingMergeTree(epoch)
ORDER BY (goal_id, sequence);

-- Events of a subject are numbered from 1 without gaps: rows that share a number and an epoch are the same event.
-- The epoch, which rises when a database is restored, is in the headers.
CREATE MATERIALIZED VIEW cairn_goals_taken TO cairn_goals AS
SELECT *, toUInt32(_headers.value[indexOf(_headers.name, 'ce_epoch')]) AS epoch
FROM cairn_goals_queue WHERE length(_error) = 0 AND goal_id != '';

-- What has an older epoch than a lower number has is of a history that did not happen.
CREATE VIEW cairn_goals_happened AS
SELECT * EXCEPT newest FROM
(
    SELECT *, max(epoch) OVER (PARTITION BY goal_id ORDER BY sequence) AS newest FROM cairn_goals FINAL
)
WHERE epoch = newest;

SELECT type, count() FROM cairn_goals_happened GROUP BY type ORDER BY count() DESC;

-- Who is erased is a null on cairn.people.state and an event; take their rows out as well.
-- ALTER TABLE cairn_goals DELETE WHERE owner_id = 'person_...';
