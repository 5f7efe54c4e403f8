/**
 * Keeps secrets out of log lines. Members are judged by their name wherever they stand; text is searched for the few
 * shapes in which secrets travel (bearer credentials, JWTs, passwords in URLs).
 */
const CENSOR = '[redacted]';
const DEPTH_MAX = 8;
const MEMBERS_MAX = 200;
const TEXT_CHARS_MAX = 8_192;

const SECRET_NAME =
  /authorization|cookie|password|passwd|passphrase|secret|token|credential|api[-_]?key|private[-_]?key|encryption[-_]?key/i;
/** Names that only speak about a secret: `tokenId`, `secretCount`. */
const ABOUT_A_SECRET = /(?:Id|_id|Count|_count|Name|_name|AtMs|Type|_type)$/;
/** Every value below these is a secret by suspicion; the names of their members may be read. */
const SECRET_CONTAINER = /^(?:env|headers|rawHeaders|requestHeaders)$/i;

// Whoever is logged chooses the text, so each of these takes steps in proportion to it: what may follow a beginning ends
// where the next one can begin.
const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi;
const JWT = /\beyJ(?:(?!\beyJ)[\w-])*\.[\w-]{5,}(?:\.[\w-]*)?/g;
const URL_PASSWORD = /(:\/\/[^\s:@/]*):[^\s@/]+@/g;
const ASSIGNED = 'password|passwd|secret|token|api[-_]?key';
const ASSIGNMENT = new RegExp(`((?:${ASSIGNED})(?:(?!${ASSIGNED})[\\w-])*["']?\\s*[=:]\\s*["']?)[^\\s"',;&]{4,}`, 'gi');
/** What a cut may have left of a secret whose end says that it is one. */
const CUT_SECRET = /(?::\/\/[^\s:@/]*:[^\s@/]*|\beyJ(?:(?!\beyJ)[\w-])*(?:\.[\w-]*){0,2})$/;

/** The text without the credentials it holds. */
export const maskText = (text: string): string => {
  return cut(text)
    .replace(URL_PASSWORD, `$1:${CENSOR}@`)
    .replace(BEARER, `$1 ${CENSOR}`)
    .replace(JWT, CENSOR)
    .replace(ASSIGNMENT, `$1${CENSOR}`);
};

const cut = (text: string): string =>
  text.length > TEXT_CHARS_MAX
    ? `${text.slice(0, TEXT_CHARS_MAX).replace(CUT_SECRET, CENSOR)}… (${text.length} characters)`
    : text;

/** A copy of what is logged, fit to be read by an operator. */
export const redactMembers = (members: object): Record<string, unknown> => copyMembers(members, 0, new Set());

const copyMembers = (members: object, depth: number, above: Set<object>): Record<string, unknown> => {
  const copy: Record<string, unknown> = {};
  const entries = members instanceof Map ? [...members.entries()] : Object.entries(members);
  for (const [name, value] of entries.slice(0, MEMBERS_MAX))
    copy[String(name)] = copyValue(String(name), value, depth, above);
  if (entries.length > MEMBERS_MAX) copy['…'] = `${entries.length - MEMBERS_MAX} more`;
  return copy;
};

const copyValue = (name: string, value: unknown, depth: number, above: Set<object>): unknown => {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (SECRET_CONTAINER.test(name)) return censorAll(value);
  if (SECRET_NAME.test(name) && !ABOUT_A_SECRET.test(name) && typeof value !== 'number') return CENSOR;
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'symbol') return value.toString();
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (depth >= DEPTH_MAX || above.has(value)) return '[deeper]';
  return copyObject(value, depth, above);
};

const copyObject = (value: object, depth: number, above: Set<object>): unknown => {
  above.add(value);
  try {
    if (value instanceof Error) return copyError(value, depth, above);
    if (value instanceof Date) return value;
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return value.slice(0, MEMBERS_MAX).map((item) => copyValue('', item, depth + 1, above));
    return copyMembers(value, depth + 1, above);
  } finally {
    above.delete(value);
  }
};

const copyError = (error: Error, depth: number, above: Set<object>): Record<string, unknown> => {
  const ofStatement = isOfStatement(error);
  const text = ofStatement ? (part: string) => maskText(withoutValues(part)) : maskText;
  return {
    type: error.name,
    ...copyMembers(ofStatement ? statementMembers(error) : error, depth + 1, above),
    message: text(error.message),
    stack: error.stack && text(error.stack),
    ...(error.cause !== undefined && { cause: copyValue('cause', error.cause, depth + 1, above) }),
  };
};

/**
 * A failed SQL statement: the error of TypeORM, which has `parameters`, or of the server, which has a `severity`. Both
 * hold values of rows, whose members say nothing of what they are.
 * https://www.postgresql.org/docs/current/protocol-error-fields.html
 */
const isOfStatement = (error: object): boolean => 'parameters' in error || ('severity' in error && 'code' in error);
const STATEMENT_MEMBERS = ['code', 'severity', 'schema', 'table', 'column', 'constraint', 'routine', 'query'] as const;

const statementMembers = (error: object): object =>
  Object.fromEntries(
    STATEMENT_MEMBERS.map((name) => [name, (error as Record<string, unknown>)[name]]).filter(
      ([, value]) => value !== undefined,
    ),
  );

/** `invalid input syntax for type uuid: "…"`: what is quoted behind a colon is a value; other quotes are names. */
const withoutValues = (message: string): string => message.replace(/(: )"(?:[^"\\]|\\.|"")*"/g, `$1${CENSOR}`);

const censorAll = (value: unknown): unknown => {
  if (Array.isArray(value)) return `[${value.length} redacted]`;
  if (typeof value !== 'object' || value === null) return CENSOR;
  const names = value instanceof Map ? [...value.keys()] : Object.keys(value);
  return Object.fromEntries(names.slice(0, MEMBERS_MAX).map((name) => [String(name), CENSOR]));
};
