-- Cairn's events in ClickHouse, each once: the newest row of a subject's sequence wins when parts are merged.
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
    goal_id String, owner_id String, visibility LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (goal_id, sequence);

-- Events of a subject are numbered from 1 without gaps: rows that share a number are the same event.
CREATE MATERIALIZED VIEW cairn_goals_taken TO cairn_goals AS
SELECT * FROM cairn_goals_queue WHERE length(_error) = 0 AND goal_id != '';

-- Read with FINAL, or count distinct (goal_id, sequence).
SELECT type, count() FROM cairn_goals FINAL GROUP BY type ORDER BY count() DESC;

-- Who is erased is a null on cairn.people.state and an event; take their rows out as well.
-- ALTER TABLE cairn_goals DELETE WHERE owner_id = 'person_...';
