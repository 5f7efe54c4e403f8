import type { Principal } from '#contracts/auth/principal';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { fail } from '#libs/errors';
import { isConnectorUrl } from '#libs/connector';
import { canView } from '#libs/identity';
import { slugFor } from '../../entries/names/naming.js';
import { type Connection, isApi, reachesSameUpstream, speaksMcp } from '../profile.js';
import type { GatewayEntity } from '../gateway.entity.js';
import { addressesFrom, reachesElsewhere } from '../addresses/addresses.js';
import { originOf } from '../addresses/origin.js';
import type { UpdateGatewayBody } from '../gateway.body.js';
import { checkConnectorAddress } from './connector-address.js';
import { type AddressSecrets, sealArguments, sealUrl } from './sealed-address.js';
import type { StdioPolicyService } from './stdio-policy.service.js';

/** How a gateway is to be reached, as its body says; what an update leaves out stays as it was. */
export interface AskedConnection {
  readonly connection: Connection;
  readonly transport: UpstreamTransport | 'AUTO';
  /** What of it belongs to the credential; null: as it was. */
  readonly secrets: AddressSecrets | null;
}

type Known = Pick<
  GatewayEntity,
  'url' | 'addresses' | 'command' | 'args' | 'cwd' | 'timeoutMs' | 'concurrencyMax' | 'onlyEra'
>;

const NEW: Known = {
  url: null,
  addresses: [],
  command: null,
  args: [],
  cwd: null,
  timeoutMs: null,
  concurrencyMax: null,
  onlyEra: null,
};

export const connectionFrom = (
  id: string,
  body: UpdateGatewayBody,
  before: GatewayEntity | null,
  stdio: { readonly policy: StdioPolicyService; readonly principal: Principal },
): AskedConnection => {
  const known = before ?? NEW;
  const transport = body.transport ?? before?.transport ?? (body.command ? 'STDIO' : 'AUTO');
  const name = body.name ?? before?.name ?? '';
  const slug = slugFor({ name, slug: body.slug }, before);
  if (slug === '') throw fail('http.invalid', { message: 'name must have a letter or a digit, or slug be given' });
  const identity = { id, name, slug, ...limitsOf(body, known), onlyEra: onlyEraOf(body, known, transport) };
  if (transport === 'STDIO') {
    const { secrets, ...program } = programOf(body, known);
    if (before === null || runsOther(before, program)) stdio.policy.assertAllowed(stdio.principal);
    assertNoAddresses(body);
    return { transport, secrets, connection: { ...identity, transport, url: null, addresses: [], ...program } };
  }
  if (transport === 'OWN') {
    assertNoAddresses(body);
    if (body.url || namesProgram(body)) throw fail('http.invalid', { message: 'What is kept here is at no address' });
    const nowhere = { transport, url: null, addresses: [], command: null, args: [], cwd: null };
    return { transport, secrets: null, connection: { ...identity, ...nowhere } };
  }
  const { secrets, asked, ...place } = placeOf(body, known, transport, stdio.principal);
  return { transport: asked, secrets, connection: { ...identity, ...place } };
};

const placeOf = (
  body: UpdateGatewayBody,
  known: Pick<GatewayEntity, 'url' | 'addresses'>,
  given: Exclude<AskedConnection['transport'], 'STDIO' | 'OWN'>,
  principal: Principal,
) => {
  if (namesProgram(body)) {
    throw fail('http.invalid', { message: 'command, args and cwd are for the transport STDIO' });
  }
  const { url, secrets } = urlOf(body, known);
  if (isConnectorUrl(url)) {
    const addresses = body.addresses ?? known.addresses;
    checkConnectorAddress({ url, transport: given, addresses, isNew: url !== known.url }, principal);
  }
  const asked = isConnectorUrl(url) ? 'STREAMABLEHTTP' : given;
  const transport = asked === 'AUTO' ? 'STREAMABLEHTTP' : asked;
  if (transport === 'GRPC') assertIsServer(url, secrets);
  if (secrets?.query !== undefined && isApi({ transport }))
    throw fail('http.invalid', { message: 'url must not have a query where it is the base of an HTTP API' });
  const addresses = addressesFrom({ url, transport, given: body.addresses, known: known.addresses });
  return { asked, transport, url, addresses, secrets, command: null, args: [], cwd: null };
};

/** Methods have the path to themselves. */
const assertIsServer = (url: string, secrets: AddressSecrets | null): void => {
  if (secrets?.query !== undefined || new URL(url).pathname !== '/')
    throw fail('http.invalid', {
      message: 'url of a gRPC server must have no path and no query: http://host:port, or https: with TLS',
    });
};

const assertNoAddresses = ({ addresses }: UpdateGatewayBody): void => {
  if (addresses?.length) throw fail('http.invalid', { message: 'addresses are for servers that are reached by a URL' });
};

const namesProgram = ({ command, args, cwd }: UpdateGatewayBody): boolean => Boolean(command || args?.length || cwd);

const programOf = (body: UpdateGatewayBody, known: Known) => {
  const cwd = body.cwd === undefined ? known.cwd : body.cwd;
  const { shown: args, secrets } = sealArguments(body.args ?? known.args, known.args);
  const program = { command: body.command ?? known.command, args: [...args], cwd, secrets };
  if (program.command === null) throw fail('http.invalid', { message: 'command is needed for the transport STDIO' });
  if (body.url) throw fail('http.invalid', { message: 'url is not for the transport STDIO' });
  return program;
};

const limitsOf = (body: UpdateGatewayBody, known: Pick<GatewayEntity, 'timeoutMs' | 'concurrencyMax'>) => ({
  timeoutMs: body.timeoutMs === undefined ? known.timeoutMs : body.timeoutMs,
  concurrencyMax: body.concurrencyMax === undefined ? known.concurrencyMax : body.concurrencyMax,
});

const onlyEraOf = (
  { era }: UpdateGatewayBody,
  known: Pick<GatewayEntity, 'onlyEra'>,
  transport: AskedConnection['transport'],
): GatewayEntity['onlyEra'] => {
  const onlyEra = era === undefined ? known.onlyEra : era === 'auto' ? null : era;
  if (onlyEra === 'modern' && transport === 'SSE')
    throw fail('http.invalid', {
      message: 'HTTP+SSE is a transport of the era before 2026-07-28: era must not be modern',
    });
  if (onlyEra !== null && transport !== 'AUTO' && !speaksMcp({ transport }))
    throw fail('http.invalid', { message: 'era is for MCP servers' });
  return onlyEra;
};

const runsOther = (before: GatewayEntity, now: Pick<Connection, 'command' | 'args' | 'cwd'>): boolean =>
  !reachesSameUpstream(before, { ...now, transport: 'STDIO', url: null });

const urlOf = (body: UpdateGatewayBody, known: Pick<GatewayEntity, 'url'>) => {
  if (!body.url && known.url !== null) return { url: known.url, secrets: null };
  const { shown, secrets } = sealUrl(checkedUrl(body.url ?? null), known.url);
  return { url: shown, secrets };
};

const checkedUrl = (text: string | null): string => {
  if (text === null) throw fail('http.invalid', { message: 'url is needed' });
  if (isConnectorUrl(text)) return text;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw fail('http.invalid', { message: 'url must be an http or https URL' });
  }
  if (url.username !== '' || url.password !== '') {
    throw fail('http.invalid', {
      message: 'url must not hold a credential; give it as authType and what belongs to it',
    });
  }
  return text;
};

/** Whether the two are reached at different places, so that what one is shown is none of the other's business. */
export const isElsewhere = (before: Pick<GatewayEntity, 'url' | 'addresses'>, now: Connection): boolean =>
  before.url === null || now.url === null
    ? before.url !== now.url
    : originOf(before.url) !== originOf(now.url) || reachesElsewhere(before, now.addresses ?? []);

/**
 * `conflicting`: another gateway that has the name, or one with the same slug. Throws `registry.name_taken`, which names it
 * where the caller may see it.
 */
export const assertNameFree = (
  asked: Pick<Connection, 'name' | 'slug'>,
  conflicting: GatewayEntity | null,
  principal: Principal,
): void => {
  if (conflicting === null) return;
  const other = canView(principal, conflicting)
    ? `the gateway "${conflicting.name}" (${conflicting.id})`
    : 'another gateway';
  throw fail('registry.name_taken', {
    message: `The name "${asked.name}" is taken: ${other} has it, or the same slug "${asked.slug}"; another name, or a slug given beside it, tells them apart`,
    data: { name: asked.name, slug: asked.slug },
  });
};
