import type { WorkSpan } from '#libs/telemetry';

const OPERATION = /^\s*(?:\/\*[^*]*\*\/\s*)?(\w+)/;
const TABLE = /\b(?:from|into|update|join)\s+("?\w+"?(?:\."?\w+"?)?)/i;

/**
 * What kind of statement it is and of which table; nothing of its text, in which values may stand.
 * https://opentelemetry.io/docs/specs/semconv/database/postgresql/
 */
export const statementSpan = (statement: string): WorkSpan => {
  const operation = OPERATION.exec(statement)?.[1]?.toUpperCase() ?? 'other';
  // Behind the first quote there may be words of anybody.
  const [bare = ''] = statement.split("'", 1);
  const table = TABLE.exec(bare)?.[1]?.replaceAll('"', '');
  return {
    name: table === undefined ? operation : `${operation} ${table}`,
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      ...(table !== undefined && { 'db.collection.name': table }),
    },
  };
};
