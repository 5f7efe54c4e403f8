import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RequestOf } from '#contracts/define';
import type { UpstreamTls } from '#contracts/auth/tls/upstream-tls.rules';
import type { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import type { Bus } from '#libs/bus';
import { makeCertificates, temporaryFolder } from '#libs/testing';
import type { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { FilterCheckService } from '../../sources/filter-check.service.js';
import { OpenApiSourceService } from '../../sources/openapi/openapi-source.service.js';
import { sourceFrom } from '../../sources/openapi/source-choice.js';
import { ApiDiscoveryService } from '../api-discovery.service.js';
import { RegisterGatewayBody, UpdateGatewayBody } from '../gateway.body.js';
import { GatewayEntity } from '../gateway.entity.js';
import { NO_CREDENTIAL } from '../registration/credential-form.js';
import { withTls } from './upstream-tls.js';

const API = 'https://api.example/v1';
const KEPT = 'https://api.example/openapi.json?api_key=*****';

const folder = temporaryFolder('document-fetch');
let tls: Required<UpstreamTls>;
let members: Pick<RegisterGatewayBody, 'caCertificate' | 'clientCert' | 'clientKey'>;

const asked: RequestOf<typeof FetchDocument>[] = [];
const bus = {
  async ask(_contract: unknown, request: RequestOf<typeof FetchDocument>) {
    asked.push(request);
    const paths = { '/orders': { get: { operationId: 'orders', responses: { 200: { description: 'ok' } } } } };
    const document = { openapi: '3.0.3', info: { title: 'A', version: '1' }, servers: [{ url: API }], paths };
    return { head: { bytes: 1 }, body: Buffer.from(JSON.stringify(document)) };
  },
} as unknown as Bus;
const apis = new ApiDiscoveryService(new OpenApiSourceService(bus, new FilterCheckService()), {
  findOf: async () => [],
} as unknown as GatewayEntriesService);

beforeAll(() => {
  const paths = makeCertificates(folder);
  const text = (path: string): string => readFileSync(path, 'utf8');
  tls = { ca: text(paths.ca), cert: text(paths.cert), key: text(paths.key) };
  members = { caCertificate: tls.ca, clientCert: tls.cert, clientKey: tls.key };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => void (asked.length = 0));

/** An API whose certificates and whose document's query auth keeps. */
const before = (documentUrl = KEPT): GatewayEntity =>
  Object.assign(new GatewayEntity(), {
    id: 'a1',
    name: 'api',
    slug: 'api',
    toolPrefix: null,
    transport: 'OPENAPI',
    url: API,
    source: sourceFrom({ documentUrl }),
    credentialShape: { ...withTls(NO_CREDENTIAL, tls).shape, sealsAddress: true },
  });

/** What tool-invocation is asked to fetch, and what it is told of secrets. */
const fetched = async (reading: Promise<unknown>) => {
  await reading;
  expect(asked).toHaveLength(1);
  const [{ url, upstreamId, showsCertificates, credential } = {} as never] = asked;
  return { url, upstreamId, showsCertificates, given: credential?.tls };
};
const change = (body: object, gateway = before()) =>
  fetched(apis.readChanged(gateway, Object.assign(new UpdateGatewayBody(), body)));
const register = (body: object) => fetched(apis.readNew(Object.assign(new RegisterGatewayBody(), body)));

describe('the document of an API with certificates', () => {
  it.each<[string, string, object, object?]>([
    ['it is at another place', 'https://other.example/x', {}],
    ['the gateway moves there too', 'https://other.example/x', { url: 'https://other.example/' }],
    ['the server is said to be there', 'https://other.example/x', {}, { serverUrl: 'https://other.example' }],
    ['it has another query', 'https://api.example/openapi.json?page=2', {}],
    ['it has a mask behind a fragment', 'https://other.example/x#?*****', {}],
  ])('document is fetched without what is kept when %s', async (_, documentUrl, body, openapi = {}) => {
    expect(await change({ ...body, openapi: { documentUrl, ...openapi } })).toEqual({ url: documentUrl });
  });

  it.each([
    ['it is not given', {}],
    ['it is given as it was shown', { documentUrl: KEPT }],
  ])('document is fetched with what is kept, from where that is, when %s', async (_, openapi) => {
    const kept = { url: KEPT, upstreamId: 'a1', showsCertificates: true };
    expect(await change({ openapi })).toEqual(kept);
    asked.length = 0;
    expect(await change({ openapi, url: 'https://other.example/' })).toEqual(kept);
  });

  it('document is fetched with its query alone when it is at another origin than the API', async () => {
    const elsewhere = 'https://documents.example/a?key=*****';
    const alone = { url: elsewhere, upstreamId: 'a1' };
    expect(await change({ openapi: {} }, before(elsewhere))).toEqual(alone);
    asked.length = 0;
    expect(await fetched(apis.reread(before(elsewhere)))).toEqual(alone);
    asked.length = 0;
    const shown = { openapi: { documentUrl: elsewhere }, url: 'https://documents.example' };
    expect(await change(shown, before(elsewhere))).toEqual(alone);
  });

  it('document is fetched with what is kept when it is refreshed', async () => {
    expect(await fetched(apis.reread(before()))).toEqual({ url: KEPT, upstreamId: 'a1', showsCertificates: true });
  });

  it('document is fetched with certificates that are given when it is at the server that is given', async () => {
    const documentUrl = 'https://other.example/x';
    const url = 'https://other.example/';
    expect(await change({ ...members, url, openapi: { documentUrl } })).toEqual({ url: documentUrl, given: tls });
    asked.length = 0;
    expect(await change({ ...members, openapi: { documentUrl } })).toEqual({ url: documentUrl });
  });

  it('document of a new API is fetched without its certificates when the server is not known to be there', async () => {
    const documentUrl = 'https://api.example/openapi.json';
    const other = 'https://other.example';
    for (const body of [{}, { url: other }, { url: API, openapi: { documentUrl, serverUrl: other } }]) {
      asked.length = 0;
      expect(await register({ name: 'new', openapi: { documentUrl }, ...members, ...body })).toEqual({
        url: documentUrl,
      });
    }
    for (const body of [{ url: API }, { openapi: { documentUrl, serverUrl: API } }]) {
      asked.length = 0;
      const known = await register({ name: 'new', openapi: { documentUrl }, ...members, ...body });
      expect(known).toEqual({ url: documentUrl, given: tls });
    }
  });
});
