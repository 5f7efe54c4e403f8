import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import {
  CREDENTIAL_ENTRIES_MAX,
  VARIABLE_VALUE_CHARS_MAX,
  decidesCode,
  isVariableName,
  isVariableValue,
} from '#contracts/auth/upstream-credential.rules';
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

/** The environment of a child process, checked. Throws `http.invalid` for a variable that may not be set. */
export const environmentFrom = (env: Readonly<Record<string, unknown>>): Record<string, string> => {
  const checked: Record<string, string> = {};
  if (Object.keys(env).length > CREDENTIAL_ENTRIES_MAX)
    throw refused('env', `has more than ${CREDENTIAL_ENTRIES_MAX} variables`);
  for (const [name, value] of Object.entries(env)) {
    if (!isVariableName(name)) throw refused(name, 'is not the name of an environment variable');
    if (decidesCode(name)) throw refused(name, 'may not be set for an upstream');
    if (typeof value !== 'string' || !isVariableValue(value)) {
      throw refused(name, `must be text of at most ${VARIABLE_VALUE_CHARS_MAX} characters`);
    }
    checked[name] = value;
  }
  return checked;
};

const refused = (name: string, problem: string) => {
  const message = `${name.slice(0, 64)} ${problem}`;
  return fail('http.invalid', { message, data: { errors: [{ field: 'env', message }] } });
};
