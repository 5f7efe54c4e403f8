import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { isPublicOnly } from '#libs/identity';
import { InjectPlatformConfig, type PlatformConfig } from '#libs/service';
import { SETTINGS, type RegistrySettings } from '../../registry.settings.js';

/**
 * A STDIO gateway is a program of the caller's choice on our machine. So: only where the operator allows it, only by an
 * administrator, and never with variables that would turn the named program into another one.
 */
@Injectable()
export class StdioPolicyService {
  constructor(
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
    @InjectPlatformConfig() private readonly platform: PlatformConfig,
  ) {}

  /** Throws `auth.grant_missing` for who is no administrator, `upstream.refused` where the operator forbids it. */
  assertAllowed(principal: Principal): void {
    if (!principal.isAdmin || isPublicOnly(principal)) {
      throw fail('auth.grant_missing', { message: 'Only administrators may register STDIO gateways' });
    }
    const { isStdioAllowed } = this.settings;
    if (isStdioAllowed === 'auto' ? this.platform.NATS_URL !== null : !isStdioAllowed) {
      throw fail('upstream.refused', {
        message: 'STDIO gateways are not allowed here (MCPGATEWAY_STDIO_TRANSPORT_ENABLED)',
      });
    }
  }
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const VARIABLES_MAX = 100;
const VALUE_LENGTH_MAX = 32_768;

/** Variables by which loaders, shells and language runtimes run other code than the command's. */
const REFUSED_VARIABLES = new Set([
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
const REFUSED_FAMILY = /^(?:LD|DYLD|NPM_CONFIG|BASH_FUNC|GLIBC|MALLOC)_/;

export const environmentFrom = (env: Readonly<Record<string, unknown>>): Record<string, string> => {
  const checked: Record<string, string> = {};
  if (Object.keys(env).length > VARIABLES_MAX) throw refused('env', `has more than ${VARIABLES_MAX} variables`);
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase();
    if (!VARIABLE_NAME.test(name)) throw refused(name, 'is not the name of an environment variable');
    if (REFUSED_VARIABLES.has(upper) || REFUSED_FAMILY.test(upper))
      throw refused(name, 'may not be set for an upstream');
    if (typeof value !== 'string' || value.includes('\0') || value.length > VALUE_LENGTH_MAX) {
      throw refused(name, `must be text of at most ${VALUE_LENGTH_MAX} characters`);
    }
    checked[name] = value;
  }
  return checked;
};

const refused = (name: string, problem: string) => {
  const message = `${name.slice(0, 64)} ${problem}`;
  return fail('http.invalid', { message, data: { errors: [{ field: 'env', message }] } });
};
