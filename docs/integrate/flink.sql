-- Cairn's events in Flink SQL.  Not run in the tests of this project.
CREATE TABLE goals_events (
    id STRING,
    type STRING,
    occurred_at TIMESTAMP_LTZ(3),
    sequence BIGINT,
    goal_id STRING,
    owner_id STRING,
    outcome STRING,
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

-- A record may come more than once: the first of a subject's number counts.
CREATE VIEW goals_once AS
SELECT * FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY goal_id, sequence ORDER BY occurred_at) AS nth FROM goals_events
) WHERE nth = 1;

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

SELECT outcome, COUNT(*) FROM goals_once WHERE type = 'cairn.goals.goal_closed.v1' GROUP BY outcome;
