import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { EntryService } from '../../entries/entry.service.js';
import type { EntryView } from '../../entries/entry.view.js';
import { type ToolNameStyle, problemWithName } from '../../entries/names/naming.js';
import { assertAgree } from '../../rest/agreement.js';
import { FilterCheckService } from '../../sources/filter-check.service.js';
import { OpenApiSourceService } from '../../sources/openapi/openapi-source.service.js';
import { sourceFrom } from '../../sources/openapi/source-choice.js';
import { credentialHeaders, readRestTool, withoutQuery } from '../../sources/rest/rest-source.js';
import type { ApiReading } from '../../sources/api-reading.js';
import { RegisterGatewayBody, UpdateGatewayBody } from '../gateway.body.js';
import type { CredentialShape, GatewayEntity } from '../gateway.entity.js';
import { addressesFrom } from '../addresses/addresses.js';
import { type AddressSecrets, withAddress } from '../registration/sealed-address.js';
import { assertFits, newCredentialFrom } from '../registration/credential-form.js';
import { GatewayService } from '../gateway.service.js';
import { type GenerateSchemasBody, RestToolBody } from './rest-tool.body.js';

export interface ReadTool {
  readonly reading: ApiReading;
  /** The fixed query of its URL, which belongs to the credential. */
  readonly secrets: AddressSecrets;
}

/** Tools that are described by hand: each is a gateway of its own, with its own credential and limits. */
@Injectable()
export class RestToolService {
  constructor(
    private readonly gateways: GatewayService,
    private readonly entries: EntryService,
    private readonly openapi: OpenApiSourceService,
    private readonly filters: FilterCheckService,
  ) {}

  /** `style`: how its name is spelt for clients. Throws `http.invalid` for what makes no request, `registry.name_taken`. */
  async create(outer: RestToolBody, principal: Principal, style: ToolNameStyle = 'exact'): Promise<EntryView> {
    if (outer.tool !== undefined) assertAgree(outer, outer.tool);
    const body =
      outer.tool === undefined ? outer : Object.assign(new RestToolBody(), outer, definedMembers(outer.tool));
    const { reading, secrets } = await this.read(body, style);
    const asked = gatewayBodyOf(body, style);
    return this.entries.describeOnly(await this.gateways.registerTool(asked, reading, secrets, principal), principal);
  }

  /** What the body comes down to. Throws `http.invalid` for what makes no request. */
  async read(body: RestToolBody, style: ToolNameStyle = 'exact'): Promise<ReadTool> {
    const problem = problemWithName('tool', body.name, { prefix: '', style });
    if (problem !== null) throw fail('http.invalid', { message: `name: ${problem}` });
    if (body.jsonpathFilter) await this.filters.check('jsonpathFilter', [body.jsonpathFilter]);
    const { form, query } = withoutQuery(body);
    return { reading: readRestTool(form), secrets: query === null ? {} : { query } };
  }

  /** Puts a tool in the place of what a gateway was; its entry keeps its id. Throws as `create` does. */
  async replace(gatewayId: string, body: RestToolBody, principal: Principal, style: ToolNameStyle): Promise<void> {
    const { reading, secrets } = await this.read(body, style);
    const asked = Object.assign(new UpdateGatewayBody(), gatewayBodyOf(body, style));
    await this.gateways.replaceTool(gatewayId, asked, reading, secrets, principal);
  }

  /**
   * Whether a gateway is the tool that the body describes. Secrets cannot be compared: with one it never is, unless
   * `whateverSecret` says that their kind is enough.
   */
  async isAsDescribed(
    gateway: GatewayEntity,
    body: RestToolBody,
    style: ToolNameStyle,
    whateverSecret = false,
  ): Promise<boolean> {
    const { reading, secrets } = await this.read(body, style);
    const [tool] = reading.tools;
    const asked = gatewayBodyOf(body, style);
    if (tool === undefined) return false;
    const { shape } = withAddress(newCredentialFrom(asked, 'REST', reading.baseUrl), secrets);
    const hasSecret = (of: CredentialShape): boolean => of.authType !== 'none' || of.sealsAddress === true;
    const { credentialShape: stored } = gateway;
    if (!whateverSecret && (hasSecret(shape) || hasSecret(stored))) return false;
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(shape)), stored)) return false;
    const { description = null, tags = [], timeoutMs = null } = asked;
    const { visibility = gateway.visibility, teamId = gateway.teamId } = asked;
    const url = reading.baseUrl;
    const addresses = addressesFrom({ url, transport: 'REST', given: asked.addresses, known: gateway.addresses });
    const described = { url, addresses, description, tags, timeoutMs, visibility, teamId, toolNameStyle: style };
    const isSame = Object.entries(described).every(([member, value]) =>
      isDeepStrictEqual(gateway[member as keyof typeof described], value),
    );
    return isSame && this.entries.isStored(gateway.id, tool);
  }

  /**
   * The schemas of the one operation of a document that a URL calls. Throws `registry.unknown` where the document has no
   * such operation, and what reading the document fails with.
   */
  async generateSchemas({ url, requestType = 'GET', openapiUrl }: GenerateSchemasBody) {
    const called = URL.parse(url);
    if (called === null) throw fail('http.invalid', { message: 'url is not a URL' });
    const specUrl = openapiUrl ?? new URL('/openapi.json', called).href;
    const source = sourceFrom({ documentUrl: specUrl, methods: [requestType], outputSchemas: true });
    const { tools, baseUrl } = await this.openapi.read(source, undefined, { prefix: '' });
    const path = decodeURI(called.pathname);
    const found = tools.find(({ source: text }) => {
      const { binding } = JSON.parse(text) as { binding: { path: string } };
      return (
        isPathOf(binding.path, path) || isPathOf(`${new URL(baseUrl).pathname.replace(/\/$/, '')}${binding.path}`, path)
      );
    });
    if (found === undefined) {
      throw fail('registry.unknown', { message: `The document has no operation ${requestType} ${path.slice(0, 200)}` });
    }
    const { inputSchema, outputSchema = null } = JSON.parse(found.definition) as Record<string, unknown>;
    return {
      message: 'Schemas generated from the OpenAPI document',
      success: true,
      input_schema: inputSchema,
      output_schema: outputSchema,
      spec_url: specUrl,
    };
  }
}

const definedMembers = (body: object): object =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));

/** Placeholders match whatever stands there, another placeholder included. */
const isPathOf = (template: string, path: string): boolean => {
  const parts = template.split('?', 1)[0]?.split('/') ?? [];
  const segments = path.split('/');
  return parts.length === segments.length && parts.every((part, at) => part.includes('{') || part === segments[at]);
};

/** The gateway that a tool is. Fixed headers are kept with its credential: they may well be one. */
const gatewayBodyOf = (body: RestToolBody, style: ToolNameStyle): RegisterGatewayBody => {
  const { name, addresses, description, tags, visibility, teamId, timeoutMs } = body;
  const { authType, authToken, authUsername, authPassword, authHeaders = [] } = body;
  const headers = [...credentialHeaders(body), ...authHeaders];
  const isBearer = authType === 'bearer' || (authType === undefined && authToken !== undefined);
  const isBasic = authType === 'basic' || (authType === undefined && authUsername !== undefined);
  // Headers go with any kind of credential here; the other members only with their own.
  if (authType !== undefined) assertFits({ authToken, authUsername, authPassword }, authType);
  if (headers.length > 0 && isBearer) headers.push({ key: 'Authorization', value: `Bearer ${authToken ?? ''}` });
  if (headers.length > 0 && isBasic) {
    const pair = Buffer.from(`${authUsername ?? ''}:${authPassword ?? ''}`).toString('base64');
    headers.push({ key: 'Authorization', value: `Basic ${pair}` });
  }
  return Object.assign(new RegisterGatewayBody(), {
    name,
    addresses,
    toolPrefix: '',
    toolNameStyle: style,
    description,
    tags,
    visibility,
    teamId,
    timeoutMs,
    ...(headers.length > 0
      ? { authType: 'authheaders', authHeaders: headers }
      : { authType, authToken, authUsername, authPassword }),
  });
};
