// A role per service for PostgreSQL, as a file for psql.

/** By service, the schemas that are its own. */
const SCHEMAS = { auth: ['auth'], registry: ['registry'], metrics: ['metrics', 'bullmq'] };

const ownerOf = (owner, schema) => [
  `CREATE SCHEMA IF NOT EXISTS ${schema};`,
  `ALTER SCHEMA ${schema} OWNER TO ${owner};`,
  '-- What an earlier version has made as another user.',
  '-- Tables, partitions, views; sequences but for those of a column, which go with their table.',
  `SELECT format('ALTER TABLE %s OWNER TO ${owner}', c.oid::regclass) FROM pg_class c WHERE relnamespace = '${schema}'::regnamespace`,
  `  AND (relkind IN ('r', 'p', 'v', 'm') OR relkind = 'S' AND NOT EXISTS (`,
  `    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))) \\gexec`,
  `SELECT format('ALTER %s %s OWNER TO ${owner}', CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, p.oid::regprocedure)`,
  `  FROM pg_proc p WHERE pronamespace = '${schema}'::regnamespace \\gexec`,
];

export const postgresRoles = (parts, generated) => {
  const services = parts.filter(({ needs }) => needs.database).map(({ name }) => name);
  const unknown = services.filter((name) => SCHEMAS[name] === undefined);
  if (unknown.length > 0) throw new Error(`scripts/deploy/postgres-roles.mjs knows no schema of ${unknown.join(', ')}`);
  return [
    '-- A role per service, each the owner of its own schema and a stranger to the others. For an empty database or one in use, by',
    '-- a superuser, again whenever a password changes:',
    '--   psql -d switchyard -v auth_password=… -v registry_password=… -v metrics_password=… -f roles.sql',
    `-- ${generated}`,
    '\\set ON_ERROR_STOP on',
    'REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;',
    'REVOKE ALL ON SCHEMA public FROM PUBLIC;',
    ...services.flatMap((name) => {
      const role = `switchyard_${name.replaceAll('-', '_')}`;
      return [
        '',
        `SELECT 'CREATE ROLE ${role}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') \\gexec`,
        `ALTER ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'${name}_password';`,
        `GRANT CONNECT ON DATABASE :"DBNAME" TO ${role};`,
        ...SCHEMAS[name].flatMap((schema) => ownerOf(role, schema)),
      ];
    }),
    '',
    '-- Only where metrics has no Redis: its queue then makes sure of its schema at each start, which wants this right.',
    '-- GRANT CREATE ON DATABASE :"DBNAME" TO switchyard_metrics;',
    '',
  ].join('\n');
};
