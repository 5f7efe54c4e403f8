/**
 * What a credential for an upstream may consist of. One home for three places: the registry reads it from a body, auth
 * keeps it, tool-invocation sends it. Nothing here repeats a value.
 */

/** Headers, or variables, of one credential. */
export const CREDENTIAL_ENTRIES_MAX = 64;
export const HEADER_VALUE_CHARS_MAX = 8192;
export const VARIABLE_VALUE_CHARS_MAX = 32_768;
export const ARGUMENTS_MAX = 256;
export const ARGUMENT_CHARS_MAX = 8192;

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
/** https://www.rfc-editor.org/rfc/rfc9110#section-5.5 without the obsolete bytes. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

export const isHeaderName = (name: string): boolean => HEADER_NAME.test(name);

/** Whether a header can hold this: at most 8192 printable ASCII characters, blanks and tabs. */
export const isHeaderValue = (value: string): boolean =>
  value.length <= HEADER_VALUE_CHARS_MAX && HEADER_VALUE.test(value);

/** Headers that the gateway writes itself, or that belong to one connection; a credential has no say in them. */
const RESERVED_HEADER =
  /^(?:accept|accept-encoding|baggage|connection|content-.*|expect|host|keep-alive|last-event-id|mcp-.*|proxy-.*|te|trailer|traceparent|tracestate|transfer-encoding|upgrade)$/i;

export const isReservedHeader = (name: string): boolean => RESERVED_HEADER.test(name);

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

export const isVariableName = (name: string): boolean => VARIABLE_NAME.test(name);

/** Whether a process can be given this: at most 32768 characters, none of them NUL. */
export const isVariableValue = (value: string): boolean =>
  value.length <= VARIABLE_VALUE_CHARS_MAX && !value.includes('\0');

/** Whether a process can be given these as its arguments. */
export const areArguments = (args: readonly string[]): boolean =>
  Array.isArray(args) &&
  args.length <= ARGUMENTS_MAX &&
  args.every((arg) => typeof arg === 'string' && arg.length <= ARGUMENT_CHARS_MAX && !arg.includes('\0'));

/** Variables by which loaders, shells and language runtimes run other code than the command's. */
const CODE_VARIABLES = new Set([
  'PATH',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_REPL_EXTERNAL_MODULE',
  'BASH_ENV',
  'ENV',
  'IFS',
  'SHELL',
  'SHELLOPTS',
  'BASHOPTS',
  'PS4',
  'PROMPT_COMMAND',
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONSTARTUP',
  'PYTHONINSPECT',
  'PYTHONUSERBASE',
  'PYTHONBREAKPOINT',
  'PERL5LIB',
  'PERL5OPT',
  'PERL5DB',
  'PERLLIB',
  'RUBYOPT',
  'RUBYLIB',
  'JAVA_TOOL_OPTIONS',
  '_JAVA_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'CLASSPATH',
  'DOTNET_STARTUP_HOOKS',
  'LUA_INIT',
  'PHPRC',
  'PHP_INI_SCAN_DIR',
  'GCONV_PATH',
  'OPENSSL_CONF',
  'OPENSSL_ENGINES',
  'OPENSSL_MODULES',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_EXEC_PATH',
  'GIT_EXTERNAL_DIFF',
  'GIT_ASKPASS',
  'EDITOR',
  'VISUAL',
  'PAGER',
  'BROWSER',
]);
const CODE_VARIABLE_FAMILY = /^(?:LD|DYLD|NPM_CONFIG|BASH_FUNC|GLIBC|MALLOC)_/;

/** Whether a variable decides what code a process runs; such a one is never set for an upstream. */
export const decidesCode = (name: string): boolean => {
  const upper = name.toUpperCase();
  return CODE_VARIABLES.has(upper) || CODE_VARIABLE_FAMILY.test(upper);
};
