import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { makeCertificates, temporaryFolder } from '#libs/testing';
import { toolInvocationOptions } from '../tool-invocation.config.js';
import { settingsOf } from '../tool-invocation.settings.js';
import { accessOf } from '../upstreams/access.js';
import type { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { DocumentService } from './document.service.js';

const settings = {
  ...settingsOf(parseConfig(toolInvocationOptions, {}), { embedded: true, dataDir: '.switchyard' }),
  egress: { enabled: true, allowLocalhost: true, allowPrivate: true, nameServers: [] },
};

const folder = temporaryFolder('document-service');
const heard: string[] = [];
let server: Server;
let origin: string;
let tls: { ca: string; cert: string; key: string };
let documents: DocumentService;

beforeAll(async () => {
  const paths = makeCertificates(folder);
  const text = (path: string): string => readFileSync(path, 'utf8');
  tls = { ca: text(paths.ca), cert: text(paths.cert), key: text(paths.key) };
  server = createServer({ ...tls, requestCert: true }, (request, response) => {
    heard.push(request.url ?? '');
    response.end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const access = accessOf({ documentQuery: 'api_key=s3cret', tls }, 'v1');
  documents = new DocumentService(settings, { credentials: { access: () => access } } as unknown as UpstreamDirectory);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => void (heard.length = 0));

const fetchOf = (path: string, more: object) =>
  documents.fetch({ url: `${origin}${path}`, upstreamId: 'u1', bytesMax: 1_000, ...more });

describe('DocumentService', () => {
  it.each([
    ['is masked', '/a?api_key=*****', '/a?api_key=s3cret'],
    ['is not masked', '/a?page=2', '/a?page=2'],
    ['is not there', '/a', '/a'],
  ])(
    'DocumentService puts the query that is kept into the URL only where its query is masked, when it %s',
    async (_, shown, sent) => {
      await fetchOf(shown, { showsCertificates: true });
      expect(heard).toEqual([sent]);
    },
  );

  it('DocumentService shows the certificates that are kept only where it is told to', async () => {
    // The authority of the server is one of them.
    await expect(fetchOf('/a?api_key=*****', {})).rejects.toMatchObject({ code: 'upstream.unreachable' });
    expect(heard).toEqual([]);
    await fetchOf('/a', { credential: { tls } });
    expect(heard).toEqual(['/a']);
  });
});
