import { Injectable } from '@nestjs/common';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import { fail } from '#libs/errors';
import { GatewayEntriesService } from '../entries/gateway-entries.service.js';
import { prefixOf, slugFor } from '../entries/names/naming.js';
import { type ApiReading, discoveredFrom } from '../sources/api-reading.js';
import { OpenApiBody } from '../sources/openapi/openapi.body.js';
import { isAtServer, tlsFrom } from './tls/upstream-tls.js';
import { OpenApiSourceService, type ReadingTerms } from '../sources/openapi/openapi-source.service.js';
import { sourceFrom } from '../sources/openapi/source-choice.js';
import { pinnedNames } from '../sources/openapi/tool-changes.js';
import type { Discovery } from './discovery-result.js';
import type { RegisterGatewayBody, UpdateGatewayBody } from './gateway.body.js';
import type { GatewayEntity } from './gateway.entity.js';
import { speaksMcp } from './profile.js';
import { type AddressSecrets, sealUrl } from './registration/sealed-address.js';

/** A discovery of an HTTP API, whose address the document told. */
export type ApiDiscovery = Discovery & {
  readonly reading: ApiReading;
  /** What belongs to the credential; null: as it was. */
  readonly secrets: AddressSecrets | null;
};

/** What is discovered without asking an upstream: an HTTP API, or what is kept here. */
export type KnownDiscovery = Discovery & Partial<Pick<ApiDiscovery, 'secrets'>>;

/** What was read of an HTTP API, as the discovery of an MCP server without sessions. */
export const apiDiscovery = (
  reading: ApiReading,
  transport: 'OPENAPI' | 'REST',
  secrets: AddressSecrets | null,
): ApiDiscovery => ({
  discovered: discoveredFrom(reading, transport),
  askedAt: new Date(),
  reading,
  secrets,
});

/** Finds out what HTTP APIs offer: from their documents, not from the APIs themselves. */
@Injectable()
export class ApiDiscoveryService {
  constructor(
    private readonly openapi: OpenApiSourceService,
    private readonly entries: GatewayEntriesService,
  ) {}

  /** Throws `http.invalid` for a body that is not one of an HTTP API, and what reading its document fails with. */
  async readNew(body: RegisterGatewayBody): Promise<ApiDiscovery> {
    if ((body.transport ?? 'OPENAPI') !== 'OPENAPI') throw invalid('openapi is for the transport OPENAPI');
    if (body.openapi === undefined) throw invalid('openapi is needed for the transport OPENAPI');
    const prefix = prefixOf({ slug: slugFor(body, null), toolPrefix: body.toolPrefix ?? null });
    const { documentUrl } = body.openapi;
    const sealed = documentUrl === undefined ? null : sealUrl(urlText(documentUrl), null, 'documentQuery');
    const source = sourceFrom(atServer(body.openapi, body.url));
    const tls = isAtServer(source.documentUrl, source.serverUrl) ? tlsFrom(body, undefined) : null;
    const reading = await this.openapi.read(source, body.openapi.document, { prefix, ...(tls && { tls }) });
    assertKeysAreUsed(reading, body.openapi);
    return apiDiscovery(readFrom(reading, sealed?.shown), 'OPENAPI', sealed?.secrets ?? {});
  }

  /** Null where the document and the choice stay as they are. Throws as `readNew` does. */
  async readChanged(before: GatewayEntity, body: UpdateGatewayBody): Promise<ApiDiscovery | null> {
    assertSameKind(before, body);
    if (body.openapi === undefined) return null;
    if (before.source === null) throw invalid('openapi is for the transport OPENAPI');
    const prefix = prefixOf({
      slug: slugFor(body, before),
      toolPrefix: body.toolPrefix === undefined ? before.toolPrefix : body.toolPrefix,
    });
    const { documentUrl, document } = body.openapi;
    const sealed =
      documentUrl === undefined ? null : sealUrl(urlText(documentUrl), before.source.documentUrl, 'documentQuery');
    const isSame = sealed === null || sealed.secrets === null;
    const asked = Object.assign(new OpenApiBody(), body.openapi, sealed && isSame && { documentUrl: sealed.shown });
    const source = sourceFrom(atServer(asked, body.url), before.source);
    const given = tlsFrom(body, before.credentialShape.tls);
    const terms = {
      prefix,
      pinnedNames: await this.namesOf(before),
      ...(isSame ? keptFor(before, given === undefined) : {}),
      ...(given && isAtServer(source.documentUrl, source.serverUrl ?? before.url) && { tls: given }),
    };
    const reading = await this.openapi.read(source, document, terms);
    assertKeysAreUsed(reading, body.openapi);
    const secrets = sealed === null ? (document === undefined ? null : {}) : sealed.secrets;
    return apiDiscovery(readFrom(reading, sealed?.shown), 'OPENAPI', secrets);
  }

  /** Reads the document of a gateway anew. Throws `http.conflict` where there is none to be fetched. */
  async reread(gateway: GatewayEntity): Promise<ApiDiscovery> {
    if (gateway.source === null)
      throw fail('http.conflict', { message: 'What was described by hand is not refreshed' });
    const terms = {
      prefix: prefixOf(gateway),
      pinnedNames: await this.namesOf(gateway),
      ...keptFor(gateway, true),
    };
    return apiDiscovery(await this.openapi.read(gateway.source, undefined, terms), 'OPENAPI', null);
  }

  private async namesOf(gateway: GatewayEntity): Promise<Map<string, string>> {
    return pinnedNames(await this.entries.findOf(gateway.id));
  }
}

/**
 * What is kept for the document of a gateway, wherever the gateway is about to move. Never for a URL that a body gives:
 * whoever may change a gateway would send its secrets to a place of their own.
 */
const keptFor = ({ id, url, source, credentialShape }: GatewayEntity, keepsTls: boolean): Partial<ReadingTerms> => ({
  upstreamId: id,
  ...(keepsTls &&
    credentialShape.tls !== undefined &&
    isAtServer(source?.documentUrl ?? null, url) && { tls: 'kept' as const }),
});

/** Throws `http.invalid` for a body of another kind of upstream. */
const assertSameKind = (before: GatewayEntity, body: UpdateGatewayBody): void => {
  const transport = body.transport ?? before.transport;
  const becomesOther = transport !== 'AUTO' && speaksMcp({ transport }) !== speaksMcp(before);
  if (transport !== before.transport && (becomesOther || !speaksMcp(before))) {
    throw invalid('What is no MCP server does not become one, nor the other way round: register another gateway');
  }
  if (body.grpc !== undefined && before.transport !== 'GRPC') throw invalid('grpc is for the transport GRPC');
  if (body.a2a !== undefined && before.transport !== 'A2A') throw invalid('a2a is for the transport A2A');
};

/** The URL of a gateway stands for the server, unless the document's own choice says more. */
const atServer = (openapi: OpenApiBody, url: string | null | undefined): OpenApiBody =>
  openapi.serverUrl === undefined && url ? Object.assign(new OpenApiBody(), openapi, { serverUrl: url }) : openapi;

/** A filter that nothing goes through may be one that is meant to keep something back; a key may be misspelt. */
const assertKeysAreUsed = (
  { tools }: ApiReading,
  { responseFilters = {}, readOnlyOperations = [] }: OpenApiBody,
): void => {
  const known = new Set(tools.map(({ source }) => (JSON.parse(source) as HttpToolSource).key));
  for (const [field, keys] of Object.entries({ responseFilters: Object.keys(responseFilters), readOnlyOperations })) {
    const unused = keys.find((key) => !known.has(key));
    if (unused !== undefined)
      throw invalid(`openapi.${field}: "${unused.slice(0, 200)}" is none of the operations that become tools`);
  }
};

/** The reading as it is kept: without the query of its document's URL. */
const readFrom = (reading: ApiReading, documentUrl: string | undefined): ApiReading =>
  reading.source === null || documentUrl === undefined
    ? reading
    : { ...reading, source: { ...reading.source, documentUrl } };

const urlText = (text: string): string => {
  const url = URL.parse(text);
  if (url === null) throw invalid('openapi: documentUrl is not a URL');
  if (url.username !== '' || url.password !== '')
    throw invalid('openapi: documentUrl must not hold a user or a password');
  return text;
};

const invalid = (message: string) => fail('http.invalid', { message });
