import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { GatewayEntriesService } from '../entries/gateway-entries.service.js';
import { prefixOf, slugOf } from '../entries/naming.js';
import { type ApiReading, discoveredFrom } from '../sources/api-reading.js';
import { OpenApiBody } from '../sources/openapi/openapi.body.js';
import { OpenApiSourceService } from '../sources/openapi/openapi-source.service.js';
import { sourceFrom } from '../sources/openapi/source-choice.js';
import { pinnedNames } from '../sources/openapi/tool-changes.js';
import type { Discovery } from './discovery-result.js';
import type { RegisterGatewayBody, UpdateGatewayBody } from './gateway.body.js';
import type { GatewayEntity } from './gateway.entity.js';
import { isApi } from './profile.js';

/** A discovery of an HTTP API, whose address the document told. */
export type ApiDiscovery = Discovery & { readonly reading: ApiReading };

/** What was read of an HTTP API, as the discovery of an MCP server without sessions. */
export const apiDiscovery = (reading: ApiReading, transport: 'OPENAPI' | 'REST'): ApiDiscovery => ({
  discovered: discoveredFrom(reading, transport),
  askedAt: new Date(),
  reading,
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
    const prefix = prefixOf({ slug: slugOf(body.name), toolPrefix: body.toolPrefix ?? null });
    const source = sourceFrom(atServer(body.openapi, body.url));
    return apiDiscovery(await this.openapi.read(source, body.openapi.document, { prefix }), 'OPENAPI');
  }

  /** Null where the document and the choice stay as they are. Throws as `readNew` does. */
  async readChanged(before: GatewayEntity, body: UpdateGatewayBody): Promise<ApiDiscovery | null> {
    const transport = body.transport ?? before.transport;
    if (transport !== before.transport && (transport === 'OPENAPI' || isApi(before))) {
      throw invalid('An HTTP API does not become an MCP server, nor the other way round: register another gateway');
    }
    if (body.openapi === undefined) return null;
    if (before.source === null) throw invalid('openapi is for the transport OPENAPI');
    const prefix = prefixOf({
      slug: body.name === undefined ? before.slug : slugOf(body.name),
      toolPrefix: body.toolPrefix === undefined ? before.toolPrefix : body.toolPrefix,
    });
    const terms = { prefix, pinnedNames: await this.namesOf(before) };
    const source = sourceFrom(atServer(body.openapi, body.url), before.source);
    return apiDiscovery(await this.openapi.read(source, body.openapi.document, terms), 'OPENAPI');
  }

  /** Reads the document of a gateway anew. Throws `http.conflict` where there is none to be fetched. */
  async reread(gateway: GatewayEntity): Promise<ApiDiscovery> {
    if (gateway.source === null) throw fail('http.conflict', { message: 'A tool described by hand is not refreshed' });
    const terms = { prefix: prefixOf(gateway), pinnedNames: await this.namesOf(gateway) };
    return apiDiscovery(await this.openapi.read(gateway.source, undefined, terms), 'OPENAPI');
  }

  private async namesOf(gateway: GatewayEntity): Promise<Map<string, string>> {
    return pinnedNames(await this.entries.findOf(gateway.id));
  }
}

/** The URL of a gateway stands for the server, unless the document's own choice says more. */
const atServer = (openapi: OpenApiBody, url: string | null | undefined): OpenApiBody =>
  openapi.serverUrl === undefined && url ? Object.assign(new OpenApiBody(), openapi, { serverUrl: url }) : openapi;

const invalid = (message: string) => fail('http.invalid', { message });
