import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import {
  decidesCode,
  isHeaderName,
  isHeaderValue,
  isReservedHeader,
  isVariableName,
  isVariableValue,
} from '#contracts/auth/upstream-credential.rules';
import { fail } from '#libs/errors';
import type { Access } from '../transport/channel.js';

/** What is sent for a credential. Throws `upstream.refused` for headers and variables that must not be sent. */
export const accessOf = (credential: UpstreamCredential | null, version: string): Access => {
  const headers: string[] = [];
  for (const [name, value] of Object.entries(credential?.headers ?? {})) {
    if (!isHeaderName(name) || !isHeaderValue(value)) throw refused(`the header "${name.slice(0, 64)}" is malformed`);
    if (isReservedHeader(name)) throw refused(`the header "${name}" is the gateway's own`);
    headers.push(name.toLowerCase(), value);
  }
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(credential?.env ?? {})) {
    if (!isVariableName(name) || !isVariableValue(value))
      throw refused(`the variable "${name.slice(0, 64)}" is malformed`);
    if (decidesCode(name)) throw refused(`the variable ${name} may not be set`);
    env[name] = value;
  }
  return { version, headers, env, redact: redactor({ ...credential?.headers, ...env }) };
};

const refused = (reason: string) =>
  fail('upstream.refused', { message: `This upstream may not be reached from here: ${reason}`, executed: 'no' });

const SECRET_NAME = /auth|cookie|credential|key|pass|secret|session|token/i;
const SECRET_LENGTH_MIN = 8;

/** Removes secrets from text that an upstream sends back, also where the upstream cut their scheme off. */
const redactor = (presented: Readonly<Record<string, string>>): ((text: string) => string) => {
  const secrets = new Set<string>();
  for (const [name, value] of Object.entries(presented)) {
    if (!SECRET_NAME.test(name)) continue;
    for (const secret of [value, value.slice(value.indexOf(' ') + 1)]) {
      if (secret.length < SECRET_LENGTH_MIN) continue;
      secrets.add(secret);
      secrets.add(JSON.stringify(secret).slice(1, -1));
    }
  }
  if (secrets.size === 0) return (text) => text;
  return (text) => {
    let clean = text;
    for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, '[redacted]');
    return clean;
  };
};
