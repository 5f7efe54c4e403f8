/**
 * Writes a batch and rolls it up, in one statement, so that a record counts exactly once whatever is repeated or dies:
 * only rows that this statement inserted, or took from `unknown` to a definite outcome, change a sum. A call whose
 * outcome is unknown has no latency and no bytes to speak of. Rows are locked in the order of their keys. Gives the
 * call ids that it did not insert.
 *
 * Who, what and when of a call stay as first recorded, so that a later outcome moves within the same sums. A call that
 * reached no upstream is summed without its name: the client may have made that up.
 */
export const WRITE_CALLS = `
WITH incoming AS MATERIALIZED (
  SELECT * FROM unnest(
    $1::text[], $2::bigint[], $3::double precision[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::text[], $19::text[],
    $20::double precision[], $21::double precision[], $22::text[]
  ) AS t (
    call_id, started_at_ms, latency_ms, principal_id, token_id, server_id, method,
    name, upstream_id, outcome, error_code, request_bytes, response_bytes, trace_id,
    client_name, client_version, address, revision, upstream_revision, waited_ms, upstream_ms, rule
  )
), written AS (
  INSERT INTO metrics.calls AS c (
    call_id, started_at, latency_ms, principal_id, token_id, server_id, method,
    name, upstream_id, outcome, error_code, request_bytes, response_bytes, trace_id,
    client_name, client_version, address, revision, upstream_revision, waited_ms, upstream_ms, rule
  )
  SELECT call_id, to_timestamp(started_at_ms / 1000.0), latency_ms, principal_id, token_id, server_id, method,
    name, upstream_id, outcome, error_code, request_bytes, response_bytes, trace_id,
    client_name, client_version, address, revision, upstream_revision, waited_ms, upstream_ms, rule
  FROM incoming ORDER BY call_id COLLATE "C"
  ON CONFLICT (call_id, started_at) DO UPDATE SET
    was_unknown = true, upstream_revision = excluded.upstream_revision, waited_ms = excluded.waited_ms,
    upstream_ms = excluded.upstream_ms, rule = excluded.rule,
    latency_ms = excluded.latency_ms, outcome = excluded.outcome, error_code = excluded.error_code,
    request_bytes = excluded.request_bytes, response_bytes = excluded.response_bytes
    WHERE c.outcome = 'unknown' AND excluded.outcome <> 'unknown'
  RETURNING c.call_id, date_trunc('hour', c.started_at, 'UTC') AS hour, c.method,
    CASE WHEN c.upstream_id IS NULL THEN '' ELSE c.name END AS name,
    coalesce(c.upstream_id, '') AS upstream_id, coalesce(c.server_id, '') AS server_id,
    c.outcome, c.started_at, c.request_bytes, c.response_bytes,
    CASE WHEN c.outcome NOT IN ('unknown', 'refused') THEN c.latency_ms END AS latency_ms,
    NOT c.was_unknown AS is_new
), hourly AS MATERIALIZED (
  SELECT hour, method, name, upstream_id, server_id,
    count(*) FILTER (WHERE outcome = 'ok') AS ok,
    count(*) FILTER (WHERE outcome = 'tool_error') AS tool_error,
    count(*) FILTER (WHERE outcome = 'error') AS error,
    count(*) FILTER (WHERE outcome = 'refused') AS refused,
    count(*) FILTER (WHERE outcome = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE outcome = 'unknown') - count(*) FILTER (WHERE NOT is_new) AS unknown,
    count(latency_ms) AS timed,
    coalesce(sum(latency_ms), 0) AS latency_ms_sum,
    min(latency_ms) AS latency_ms_min,
    max(latency_ms) AS latency_ms_max,
    coalesce(sum(request_bytes) FILTER (WHERE outcome <> 'unknown'), 0) AS request_bytes,
    coalesce(sum(response_bytes) FILTER (WHERE outcome <> 'unknown'), 0) AS response_bytes,
    max(started_at) AS last_started_at
  FROM written GROUP BY 1, 2, 3, 4, 5
), summed AS (
  SELECT * FROM hourly
  UNION ALL
  SELECT timestamptz '-infinity', method, name, upstream_id, server_id, sum(ok), sum(tool_error), sum(error), sum(refused),
    sum(cancelled), sum(unknown), sum(timed), sum(latency_ms_sum), min(latency_ms_min), max(latency_ms_max),
    sum(request_bytes), sum(response_bytes), max(last_started_at)
  FROM hourly GROUP BY 1, 2, 3, 4, 5
), rolled_up AS (
  INSERT INTO metrics.rollups AS r
  SELECT * FROM summed ORDER BY hour, method, name, upstream_id, server_id
  ON CONFLICT (hour, method, name, upstream_id, server_id) DO UPDATE SET
    ok = r.ok + excluded.ok,
    tool_error = r.tool_error + excluded.tool_error,
    error = r.error + excluded.error,
    refused = r.refused + excluded.refused,
    cancelled = r.cancelled + excluded.cancelled,
    unknown = r.unknown + excluded.unknown,
    timed = r.timed + excluded.timed,
    latency_ms_sum = r.latency_ms_sum + excluded.latency_ms_sum,
    latency_ms_min = least(r.latency_ms_min, excluded.latency_ms_min),
    latency_ms_max = greatest(r.latency_ms_max, excluded.latency_ms_max),
    request_bytes = r.request_bytes + excluded.request_bytes,
    response_bytes = r.response_bytes + excluded.response_bytes,
    last_started_at = greatest(r.last_started_at, excluded.last_started_at)
)
SELECT call_id AS "callId" FROM incoming i
WHERE NOT EXISTS (SELECT FROM written w WHERE w.call_id = i.call_id AND w.is_new)`;
