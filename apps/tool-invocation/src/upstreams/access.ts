import { createHash } from 'node:crypto';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import {
  areArguments,
  decidesCode,
  isHeaderName,
  isHeaderValue,
  isReservedHeader,
  isVariableName,
  isVariableValue,
} from '#contracts/auth/upstream-credential.rules';
import type { UpstreamTls } from '#contracts/auth/tls/upstream-tls.rules';
import { isMaskedUrl, isQuery, MASK, maskArguments } from '#contracts/auth/upstream-secrets.rules';
import { fail } from '#libs/errors';
import type { CarriedJson } from '#libs/mcp';
import type { Access, AccessTls, Redact } from '../transport/channel.js';

/** What is sent for a credential. Throws `upstream.refused` for headers and variables that must not be sent. */
export const accessOf = (credential: UpstreamCredential | null, version: string): Access => {
  const headers = checkedHeaders(credential?.headers ?? {});
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(credential?.env ?? {})) {
    if (!isVariableName(name) || !isVariableValue(value))
      throw refused(`the variable "${name.slice(0, 64)}" is malformed`);
    if (decidesCode(name)) throw refused(`the variable ${name} may not be set`);
    env[name] = value;
  }
  const { query, documentQuery, args, tls } = credential ?? {};
  if ([query, documentQuery].some((text) => text !== undefined && !isQuery(text)))
    throw refused('its query is malformed');
  if (args !== undefined && !areArguments(args)) throw refused('an argument is malformed');
  const named = Object.entries({ ...credential?.headers, ...env }).filter(([name]) => SECRET_NAME.test(name));
  const secrets = [...named.map(([, value]) => value), ...valuesOf(query), ...valuesOf(documentQuery)];
  maskArguments(args ?? [], (secret) => void secrets.push(secret));
  return {
    version,
    headers,
    env,
    query,
    documentQuery,
    args,
    redact: redactor(secrets),
    ...(tls && { tls: identified(tls) }),
  };
};

/** Whether what the profile leaves out for being secret is there. While an upstream is being changed the two may not fit. */
export const isComplete = ({ url, args }: UpstreamProfile, access: Access): boolean =>
  (access.query !== undefined || !isMaskedUrl(url)) &&
  (access.args !== undefined || !args.some((arg) => arg.includes(MASK)));

const identified = (tls: UpstreamTls): AccessTls => ({
  ...tls,
  id: createHash('sha256')
    .update(JSON.stringify([tls.ca, tls.cert, tls.key]))
    .digest('base64url'),
});

const checkedHeaders = (presented: Readonly<Record<string, string>>): string[] => {
  const headers: string[] = [];
  for (const [name, value] of Object.entries(presented)) {
    if (!isHeaderName(name) || !isHeaderValue(value)) throw refused(`the header "${name.slice(0, 64)}" is malformed`);
    if (isReservedHeader(name)) throw refused(`the header "${name}" is the gateway's own`);
    headers.push(name.toLowerCase(), value);
  }
  return headers;
};

const refused = (reason: string) =>
  fail('upstream.refused', { message: `This upstream may not be reached from here: ${reason}`, executed: 'no' });

/** Of a flat list of headers, the values that are secrets by their names. */
export const secretsIn = (headers: readonly string[]): readonly string[] =>
  headers.filter((_, index) => index % 2 === 1 && SECRET_NAME.test(headers[index - 1] as string));

const SECRET_NAME = /auth|cookie|credential|key|pass|secret|session|token/i;
const SECRET_LENGTH_MIN = 8;

/** The values of a query, as they are sent and as they are meant. */
const valuesOf = (query: string | undefined): string[] => {
  const sent = (query ?? '').split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [...sent, ...new URLSearchParams(query).values()];
};

/** Removes secrets from text that an upstream sends back, also where the upstream cut their scheme off. */
export const redactor = (presented: readonly string[]): Redact => {
  const secrets = new Set<string>();
  for (const value of presented) {
    for (const secret of [value, value.slice(value.indexOf(' ') + 1)]) {
      if (secret.length < SECRET_LENGTH_MIN) continue;
      secrets.add(secret);
      secrets.add(JSON.stringify(secret).slice(1, -1));
    }
  }
  return <Json extends CarriedJson>(json: Json): Json => {
    let clean: CarriedJson = json;
    for (const secret of secrets) if (clean.includes(secret)) clean = without(clean, secret);
    return clean as Json;
  };
};

const without = (json: CarriedJson, secret: string): CarriedJson => {
  if (typeof json === 'string') return json.replaceAll(secret, '[redacted]');
  // A character for each byte, whatever it is part of.
  return Buffer.from(without(json.toString('latin1'), Buffer.from(secret).toString('latin1')) as string, 'latin1');
};
