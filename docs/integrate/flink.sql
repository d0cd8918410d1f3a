-- Cairn's events in Flink SQL.  Not run in the tests of this project.
CREATE TABLE goals_events (
    id STRING,
    type STRING,
    occurred_at TIMESTAMP_LTZ(3),
    sequence BIGINT,
    goal_id STRING,
    owner_id STRING,
    outcome STRING,
    headers MAP<STRING, BYTES> METADATA VIRTUAL,
    epoch AS CAST(DECODE(headers['ce_epoch'], 'UTF-8') AS BIGINT), -- it rises when a database is restored
    WATERMARK FOR occurred_at AS occurred_at - INTERVAL '1' MINUTE
) WITH (
    'connector' = 'kafka',
    'topic' = 'cairn.goals.events',
    'properties.bootstrap.servers' = 'kafka:9092',
    'properties.group.id' = 'flink.cairn.goals.events',
    'scan.startup.mode' = 'earliest-offset',
    'format' = 'json',
    'json.ignore-parse-errors' = 'false',
    'json.timestamp-format.standard' = 'ISO-8601'
);

-- A record may come more than once: the first of a subject's epoch and number counts.
CREATE VIEW goals_once AS
SELECT id, type, occurred_at, epoch, sequence, goal_id, owner_id, outcome FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY goal_id, epoch, sequence ORDER BY occurred_at) AS nth
    FROM goals_events
) WHERE nth = 1;

-- What has an older epoch than the same or a lower number has is of a history that did not happen.
CREATE VIEW goals_happened AS
SELECT * FROM goals_once AS e WHERE NOT EXISTS (
    SELECT 1 FROM goals_once AS newer
    WHERE newer.goal_id = e.goal_id AND newer.epoch > e.epoch AND newer.sequence <= e.sequence
);

-- How things stand: the newest state of each goal; a null takes it away.
CREATE TABLE goals_state (
    goal_id STRING,
    owner_id STRING,
    status STRING,
    progress DOUBLE,
    PRIMARY KEY (goal_id) NOT ENFORCED
) WITH (
    'connector' = 'upsert-kafka',
    'topic' = 'cairn.goals.state',
    'properties.bootstrap.servers' = 'kafka:9092',
    'key.format' = 'raw',
    'value.format' = 'json'
);

SELECT outcome, COUNT(*) FROM goals_happened WHERE type = 'cairn.goals.goal_closed.v1' GROUP BY outcome;
