import { isDeepStrictEqual } from 'node:util';
import { STAND_BY } from '../../gateways/addresses/address.body.js';
import type { GatewayView } from '../../gateways/gateway.view.js';
import { type FileEntry, isEmpty, isObject, LeftOut } from '../file-entry.js';
import {
  a2aBody,
  canonical,
  exportedA2a,
  exportedGrpc,
  exportedOpenApi,
  grpcBody,
  handsOver,
  openApiBody,
  openApiForm,
  withoutHandedOver,
} from './read-sources.js';

/** What of a gateway the form of ContextForge has no place for, by its name in the file and in a body. */
const SETTINGS = [
  ['timeout_ms', 'timeoutMs'],
  ['concurrency_max', 'concurrencyMax'],
  ['session_scope', 'sessionScope'],
  ['era', 'era'],
  ['list_ttl_ms', 'listTtlMs'],
  ['list_cache_scope', 'listCacheScope'],
  ['new_tools', 'newTools'],
  ['changes', 'changes'],
] as const;

/** Those that the transports have which are no MCP server's. */
const SOURCES = ['openapi', 'grpc', 'a2a'] as const;

/** Of a gateway, as a file has it. `descriptorSet`: what was handed over of a gRPC server. Throws `LeftOut`. */
export const exportedBeyond = (view: GatewayView, descriptorSet: string | null): Record<string, unknown> => {
  const { transport, addresses, openapi, grpc, a2a, command, args, cwd } = view;
  const settings = SETTINGS.filter(([, body]) => !isEmpty(view[body]) && !isUsual(view, body));
  return {
    ...(transport === 'STDIO' && { command, ...(args?.length && { args }), ...(cwd && { cwd }) }),
    ...(addresses.length > 0 && { addresses }),
    ...(openapi && { openapi: exportedOpenApi(openapi) }),
    ...(grpc && { grpc: exportedGrpc(grpc, descriptorSet) }),
    ...(a2a && { a2a: exportedA2a(a2a) }),
    ...Object.fromEntries(settings.map(([file, body]) => [file, view[body]])),
  };
};

const isUsual = (view: GatewayView, member: (typeof SETTINGS)[number][1]): boolean =>
  (member === 'era' && view.era === 'auto') ||
  (member === 'sessionScope' && view.sessionScope === (view.transport === 'STDIO' ? 'principal' : 'shared'));

/** The same as members of a body. `isUpdate`: of something that is there already. Throws `LeftOut`. */
export const readBeyond = (entry: FileEntry, transport: string, isUpdate: boolean): Record<string, unknown> => ({
  ...(transport === 'STDIO' && programOf(entry)),
  ...(transport === 'OPENAPI' && { openapi: openApiBody(entry, isUpdate) }),
  ...(transport === 'GRPC' && { grpc: grpcBody(entry, isUpdate) }),
  ...(transport === 'A2A' && { a2a: a2aBody(entry) }),
  ...addressesOf(entry, isUpdate),
  ...Object.fromEntries(SETTINGS.filter(([file]) => !isEmpty(entry[file])).map(([file, body]) => [body, entry[file]])),
});

const programOf = ({ command, args, cwd, env }: FileEntry): FileEntry => {
  if (typeof command !== 'string' || command === '') throw new LeftOut('it is a program, and has no command');
  return { command, args: args ?? [], cwd: cwd ?? null, ...(!isEmpty(env) && { env }) };
};

/** Of an update those that are left out are gone. Throws `LeftOut`. */
export const addressesOf = ({ addresses, transport }: FileEntry, isUpdate: boolean): FileEntry => {
  if (isEmpty(addresses)) return isUpdate && transport !== 'STDIO' ? { addresses: [] } : {};
  if (!Array.isArray(addresses)) throw new LeftOut('its addresses are no list');
  return { addresses: addresses.map((each: unknown) => (isObject(each) ? { ...STAND_BY, ...each } : each)) };
};

/**
 * Whether a gateway is what an entry says in all that a body of it says in another form than is shown; `read`: if what the entry
 * hands over says what is known, which only reading it tells. Throws `LeftOut`.
 */
export const isBeyondAs = (view: GatewayView, entry: FileEntry, descriptorSet: string | null): boolean | 'read' => {
  if (!handsOver(entry)) {
    const shown = exportedBeyond(view, descriptorSet);
    return SOURCES.every((member) => isDeepStrictEqual(canonical(shown[member]), canonical(entry[member])));
  }
  const { openapi, grpc } = view;
  const shown: FileEntry = {
    ...(openapi && { openapi: openApiForm(openapi) }),
    ...(grpc && { grpc: exportedGrpc(grpc, descriptorSet) }),
  };
  const isSame = SOURCES.every((member) =>
    isDeepStrictEqual(withoutHandedOver(canonical(shown[member])), withoutHandedOver(canonical(entry[member]))),
  );
  if (!isSame) return false;
  return isDeepStrictEqual(canonical(shown['grpc']), canonical(entry['grpc'])) && !openapi ? true : 'read';
};

/** What `isBeyondAs` compares. */
export const SOURCE_MEMBERS: readonly string[] = SOURCES;
