/**
 * Where an upstream's address or command line holds a secret. The registry keeps the masked text, auth the rest,
 * encrypted; tool-invocation puts them together.
 */

/** What stands for a secret in every answer. Sent back, it means: as it was. */
export const MASK = '*****';

export const QUERY_CHARS_MAX = 8192;
/** https://www.rfc-editor.org/rfc/rfc3986#section-3.4, and what URL parsers let through beside it. */
const QUERY = /^[\x21-\x22\x24-\x7e]+$/;

/** Whether a request can be sent with this behind the `?` of its URL. */
export const isQuery = (text: string): boolean => text.length <= QUERY_CHARS_MAX && QUERY.test(text);

export interface SplitUrl {
  /** The URL without its fragment, every value of its query masked. */
  readonly shown: string;
  /** What stands behind the `?`, encoded; null where there is nothing. */
  readonly query: string | null;
}

/**
 * A URL, and the query that is a secret until proven otherwise: nobody can tell which of its values are keys. `url` must
 * be one that can be parsed.
 */
export const splitQuery = (url: string): SplitUrl => {
  const [before = '', ...behind] = url.replace(/#.*$/s, '').split('?');
  const query = new URL(url).search.slice(1);
  if (query === '') return { shown: behind.length > 0 ? `${before}?` : before, query: null };
  return { shown: `${before}?${query.split('&').map(maskPair).join('&')}`, query };
};

const maskPair = (pair: string): string => {
  const at = pair.indexOf('=');
  if (at < 0) return pair === '' ? '' : MASK;
  return at === pair.length - 1 ? pair : `${pair.slice(0, at)}=${MASK}`;
};

/** Whether a URL was masked: then the credential holds its query. */
export const isMaskedUrl = (url: string | null): boolean =>
  url !== null && url.includes('?') && url.slice(url.indexOf('?')).includes(MASK);

const SECRET_WORD =
  /key|token|secret|passw|passwd|pwd|passphrase|auth|credential|bearer|cookie|session|signature|\bpat\b/i;
const HEADER_FLAG = /^(?:-H|--headers?)$/;
/** A value that is looked up elsewhere is no secret. */
const REFERENCE = /^\$\{?\w+\}?$/;
const FLAG_WITH_VALUE = /^(--?[\w.-]+|[A-Za-z_]\w*)=([^]*)$/;
const HEADER = /^([\w-]+)(\s*:\s*)([^]+)$/;
const URL_USER = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@]*?:)([^/?#@]+)(?=@)/i;
/** Of issuers whose tokens tell by their beginning. */
const ISSUED =
  /\b(?:(?:sk|pk|rk)[-_][\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|hf_\w{20,}|npm_\w{30,}|ntn_\w{20,}|lin_api_\w{20,})/g;
/** Nothing that a person would choose for a name: long, without points, slashes and blanks, digits among letters. */
const RANDOM = /^(?=(?:\D*\d){3})(?=.*[A-Za-z])[\w+=-]{24,}$/;

/**
 * The arguments of a command, with a mask for what looks like a secret: values of flags and variables that are named
 * like one, headers, passwords and queries of URLs, tokens by their shape. `found` hears each of them.
 */
export const maskArguments = (args: readonly string[], found: (secret: string) => void = () => {}): string[] => {
  const hide = (secret: string): string => {
    if (secret === '' || secret === MASK || REFERENCE.test(secret)) return secret;
    found(secret);
    return MASK;
  };
  return args.map((arg, index) => maskArgument(arg, args[index - 1] ?? '', hide));
};

type Hide = (secret: string) => string;

const maskArgument = (arg: string, before: string, hide: Hide): string => {
  const isFlag = arg.startsWith('-');
  if (!isFlag && before.startsWith('-') && !before.includes('=') && SECRET_WORD.test(before)) return hide(arg);
  const [, name = '', value] = FLAG_WITH_VALUE.exec(arg) ?? [];
  if (value !== undefined) {
    if (SECRET_WORD.test(name)) return `${name}=${hide(value)}`;
    return `${name}=${maskValue(value, HEADER_FLAG.test(name), hide)}`;
  }
  return isFlag ? arg.replace(ISSUED, hide) : maskValue(arg, HEADER_FLAG.test(before), hide);
};

const maskValue = (value: string, isHeader: boolean, hide: Hide): string => {
  const [, header, colon, content] = HEADER.exec(value) ?? [];
  if (header !== undefined && colon !== undefined && content !== undefined && !content.startsWith('//')) {
    if (isHeader || SECRET_WORD.test(header)) return `${header}${colon}${hide(content)}`;
  }
  if (value.includes('://')) return maskUrl(value, hide);
  return RANDOM.test(value) ? hide(value) : value.replace(ISSUED, hide);
};

const maskUrl = (value: string, hide: Hide): string => {
  const masked = value
    .replace(URL_USER, (_, before: string, password: string) => `${before}${hide(password)}`)
    .replace(/(?<=[?&][^=&#]*=)[^&#]+/g, hide);
  return masked.replace(ISSUED, hide);
};
