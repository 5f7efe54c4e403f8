/** How changes of a table are told in the audit trail. */
export interface AuditedTable {
  readonly table: string;
  /** What a row is: `team`; `{column}`: what that column says. */
  readonly resourceType: string | { readonly column: string };
  /** Columns that name the row, and never change; several are joined by `/`. */
  readonly id: readonly string[];
  readonly name?: string;
  /** Columns that are never shown. */
  readonly secrets?: readonly string[];
  /** Columns whose changes are no change: counts, times, what is seen of an upstream from minute to minute. */
  readonly ignored?: readonly string[];
  /** The column that says when a row ends: removing it after that is no change. */
  readonly endsAt?: string;
}

/** A longer text is told by its length and digest. */
const SHOWN_CHARS_MAX = 2_000;
/** Before this the actor has been said. */
const SIGNATURE_CHARS_MAX = 4_000;

/** Columns that say when a row ended, and what that is called. */
const ENDS = [
  ['deleted_at', 'deleted'],
  ['revoked_at', 'revoked'],
] as const;

const VERB_OF_UPDATE = `CASE ${ENDS.map(
  ([column, verb]) => `WHEN was->>'${column}' IS NULL AND became->>'${column}' IS NOT NULL THEN '${verb}'`,
).join(' ')} ELSE 'changed' END`;

/** Writes an event for each row of `changes`, which has what the row was and what it became. */
const noteAll = (schema: string, verb: string, changes: string, before: string, after: string): string => `
  INSERT INTO ${schema}.audit_pending (action, resource_type, resource_id, resource_name, actor, before, after)
  SELECT type || '.' || verb, type, ${schema}.audited_id(present, ids), present->>TG_ARGV[2], actor,
    ${schema}.audited_values(before, secrets), ${schema}.audited_values(after, secrets)
  FROM (
    SELECT coalesce(became, was) AS present, ${verb} AS verb, ${before} AS before, ${after} AS after,
      CASE left(TG_ARGV[0], 1) WHEN '{' THEN coalesce(became, was)->>trim(TG_ARGV[0], '{}') ELSE TG_ARGV[0] END AS type
    FROM (${changes}) changes
  ) told;`;

const DIFFERENT = (of: string, from: string): string =>
  `(SELECT jsonb_object_agg(key, value) FROM jsonb_each(${of} - ignored) WHERE value IS DISTINCT FROM ${from}->key)`;

/**
 * The statements that make the audit trail of a schema: `audit_pending`, where events wait until they are collected, and
 * the function that writes one for each row that is changed, in the transaction that changes it. So an event is lost or
 * made up no more easily than the change itself, and nobody who writes a statement has to think of it. All rows of a statement are
 * told at once: there may be thousands.
 */
export const createAuditTrail = (schema: string): readonly string[] => [
  `CREATE TABLE ${schema}.audit_pending (
     ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
     at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
     action text NOT NULL,
     resource_type text NOT NULL,
     resource_id text,
     resource_name text,
     actor jsonb,
     before jsonb,
     after jsonb
   )`,
  `CREATE FUNCTION ${schema}.audited_id(of_row jsonb, ids text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
     SELECT string_agg(of_row->>name, '/' ORDER BY place) FROM unnest(ids) WITH ORDINALITY AS part (name, place)
   $$`,
  `CREATE FUNCTION ${schema}.audited_values(of_row jsonb, secrets text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT AS $$
     SELECT coalesce(jsonb_object_agg(key, CASE
       WHEN key = ANY(secrets) THEN to_jsonb('*****'::text)
       WHEN length(value::text) > ${SHOWN_CHARS_MAX} THEN jsonb_build_object(
         'chars', length(of_row->>key), 'sha256', encode(sha256(convert_to(of_row->>key, 'UTF8')), 'hex'))
       ELSE value END), '{}')
     FROM jsonb_each(of_row) WHERE value <> 'null'
   $$`,
  // Arguments: type, columns of the id, column of the name, secret columns, ignored columns, when a row ends; lists have commas.
  `CREATE FUNCTION ${schema}.note_changes() RETURNS trigger LANGUAGE plpgsql AS $$
   DECLARE
     ids text[] := string_to_array(TG_ARGV[1], ',');
     secrets text[] := string_to_array(TG_ARGV[3], ',');
     ignored text[] := string_to_array(TG_ARGV[4], ',');
     signature text := substring(left(current_query(), ${SIGNATURE_CHARS_MAX}) FROM '^/\\*by ([A-Za-z0-9+/=]+)\\*/');
     actor jsonb := convert_from(decode(signature, 'base64'), 'UTF8')::jsonb;
   BEGIN
     IF TG_OP = 'INSERT' THEN ${noteAll(
       schema,
       `'created'`,
       'SELECT NULL::jsonb AS was, to_jsonb(new_rows) AS became FROM new_rows',
       'NULL::jsonb',
       'became - ignored',
     )}
     ELSIF TG_OP = 'DELETE' THEN ${noteAll(
       schema,
       `'deleted'`,
       `SELECT to_jsonb(old_rows) AS was, NULL::jsonb AS became FROM old_rows
        WHERE TG_ARGV[5] = '' OR coalesce((to_jsonb(old_rows)->>TG_ARGV[5])::timestamptz >= now(), true)`,
       'was - ignored',
       'NULL::jsonb',
     )}
     ELSE ${noteAll(
       schema,
       VERB_OF_UPDATE,
       `SELECT was, became FROM (SELECT to_jsonb(old_rows) AS was FROM old_rows) old_ones
        JOIN (SELECT to_jsonb(new_rows) AS became FROM new_rows) new_ones
          ON ${schema}.audited_id(was, ids) = ${schema}.audited_id(became, ids)
        WHERE was - ignored <> became - ignored`,
       DIFFERENT('was', 'became'),
       DIFFERENT('became', 'was'),
     )}
     END IF;
     RETURN NULL;
   END $$`,
];

const TRIGGERS = [
  ['audit_insert', 'INSERT', 'NEW TABLE AS new_rows'],
  ['audit_update', 'UPDATE', 'OLD TABLE AS old_rows NEW TABLE AS new_rows'],
  ['audit_delete', 'DELETE', 'OLD TABLE AS old_rows'],
] as const;

/** The statements that put a table under audit, from then on, or under another than before. */
export const auditTable = (schema: string, audited: AuditedTable): readonly string[] => {
  const { table, resourceType, id, name = '', secrets = [], ignored = [], endsAt = '' } = audited;
  const type = typeof resourceType === 'string' ? resourceType : `{${resourceType.column}}`;
  const args = [type, id.join(','), name, secrets.join(','), ignored.join(','), endsAt];
  return TRIGGERS.flatMap(([trigger, event, rows]) => [
    `DROP TRIGGER IF EXISTS ${trigger} ON ${schema}.${table}`,
    `CREATE TRIGGER ${trigger} AFTER ${event} ON ${schema}.${table} REFERENCING ${rows} FOR EACH STATEMENT
       EXECUTE FUNCTION ${schema}.note_changes(${args.map((text) => `'${text}'`).join(', ')})`,
  ]);
};

/** The statements that undo both. */
export const dropAuditTrail = (schema: string, tables: readonly AuditedTable[]): readonly string[] => [
  ...tables.flatMap(({ table }) => TRIGGERS.map(([trigger]) => `DROP TRIGGER ${trigger} ON ${schema}.${table}`)),
  `DROP FUNCTION ${schema}.note_changes(), ${schema}.audited_values(jsonb, text[]), ${schema}.audited_id(jsonb, text[])`,
  `DROP TABLE ${schema}.audit_pending`,
];
