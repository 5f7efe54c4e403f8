import { createHash } from 'node:crypto';

export const TOOLS_PER_GATEWAY = 50;

/**
 * Statements that make gateways of 50 tools each, numbered from the first to the last, and as many virtual servers, after
 * the models in the database: a gateway `model` with a tool `model`, and a virtual server `model`. Past the audit trail,
 * which would have an event for each row.
 */
export const filling = (first: number, last: number): readonly string[] => [
  'SET session_replication_role = replica',
  `INSERT INTO registry.gateway (SELECT (jsonb_populate_record(model, jsonb_build_object(
       'id', md5('gateway' || n), 'ordinal', 1000 + n, 'name', 'filled ' || n, 'slug', 'filled-' || n, 'tags', jsonb_build_array('tag' || n % 500),
       'visibility', CASE n % 3 WHEN 0 THEN 'public' WHEN 1 THEN 'team' ELSE 'private' END,
       'team_id', CASE WHEN n % 3 = 1 THEN 'team' || n % 100 END, 'owner_email', 'owner' || n % 300 || '@example.com'))).*
     FROM registry.gateway model, generate_series(${first}, ${last}) n WHERE model.slug = 'model')`,
  `INSERT INTO registry.entry (SELECT (jsonb_populate_record(model, jsonb_build_object(
       'id', md5('entry' || g || '/' || n), 'ordinal', 100000 + g * ${TOOLS_PER_GATEWAY} + n, 'gateway_id', md5('gateway' || g),
       'original_name', 'tool_' || n, 'exposed_name', 'filled-' || g || '-tool_' || n, 'tags', CASE WHEN n = 1 THEN jsonb_build_array('tag' || g % 500) ELSE '[]' END))).*
     FROM registry.entry model, generate_series(${first}, ${last}) g, generate_series(1, ${TOOLS_PER_GATEWAY}) n WHERE model.exposed_name = 'model-model')`,
  `INSERT INTO registry.server (SELECT (jsonb_populate_record(model, jsonb_build_object(
       'id', md5('server' || n), 'ordinal', 1000 + n, 'name', 'server ' || n, 'tags', jsonb_build_array('tag' || n % 500),
       'owner_email', 'owner' || n % 300 || '@example.com'))).*
     FROM registry.server model, generate_series(${first}, ${last}) n WHERE model.name = 'model')`,
  `INSERT INTO registry.server_entry (server_id, entry_id, position)
     SELECT md5('server' || s), md5('entry' || s || '/' || n), n FROM generate_series(${first}, ${last}) s, generate_series(1, ${TOOLS_PER_GATEWAY}) n`,
  `INSERT INTO registry.switched_off (gateway_id, kind, original_name)
     SELECT md5('gateway' || g), 'tool', 'tool_' || n FROM generate_series(${first}, ${last}) g, generate_series(1, 20) n`,
  `INSERT INTO registry.tool_change (id, gateway_id, original_name, class, state, findings, found_at)
     SELECT md5('change' || g || '/' || n), md5('gateway' || g), 'tool_' || n, 'text',
            CASE WHEN g % 50 = 0 AND n = 1 THEN 'pending' ELSE 'accepted' END, '[]', now() - make_interval(hours => n)
     FROM generate_series(${first}, ${last}) g, generate_series(1, ${TOOLS_PER_GATEWAY}) n ORDER BY g, n`,
  'ANALYZE',
];

/** The id of what was filled in: `gateway7`, `entry7/1`, `server7`. */
export const filledId = (of: string): string => createHash('md5').update(of).digest('hex');
