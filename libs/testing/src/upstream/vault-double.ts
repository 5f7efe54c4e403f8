import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The KV engine, version 2, of a Vault, as its HTTP interface answers. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 */
export interface VaultDouble {
  readonly url: string;
  readonly token: string;
  /** By path below the mount, the newest version of each secret. */
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Of each request: method and path. */
  readonly requests: readonly string[];
  /** Answers 503 to everything, as a sealed Vault does. */
  isSealed: boolean;
  stop(): Promise<void>;
}

const MOUNT = 'secret';

export const startVaultDouble = async (): Promise<VaultDouble> => {
  const secrets = new Map<string, Record<string, unknown>>();
  const versions = new Map<string, number>();
  const requests: string[] = [];
  const token = 'hvs.planted-vault-token';

  const answer = (res: ServerResponse, status: number, body?: object): void => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(body === undefined ? undefined : JSON.stringify(body));
  };

  const metadataOf = (path: string) => ({
    created_time: '2026-11-29T09:00:00.000000000Z',
    custom_metadata: null,
    deletion_time: '',
    destroyed: false,
    version: versions.get(path),
  });

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    requests.push(`${req.method} ${req.url}`);
    let text = '';
    for await (const chunk of req) text += String(chunk);
    if (vault.isSealed) return answer(res, 503, { errors: ['Vault is sealed'] });
    if (req.headers['x-vault-token'] !== token) return answer(res, 403, { errors: ['permission denied'] });
    const [, mount, area, path = ''] = /^\/v1\/([^/]+)\/(data|metadata)\/(.+)$/.exec(req.url ?? '') ?? [];
    if (mount !== MOUNT) return answer(res, 404, { errors: [`no handler for route "${req.url}"`] });
    if (area === 'metadata' && req.method === 'DELETE') {
      secrets.delete(path);
      return answer(res, 204);
    }
    if (area === 'data' && req.method === 'POST') {
      secrets.set(path, (JSON.parse(text) as { data: Record<string, unknown> }).data);
      versions.set(path, (versions.get(path) ?? 0) + 1);
      return answer(res, 200, { request_id: 'r', data: metadataOf(path) });
    }
    const data = secrets.get(path);
    if (data === undefined) return answer(res, 404, { errors: [] });
    return answer(res, 200, { request_id: 'r', data: { data, metadata: metadataOf(path) } });
  };

  const server = createServer((req, res) => {
    serve(req, res).catch((error: unknown) => answer(res, 500, { errors: [String(error)] }));
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const vault: VaultDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    secrets,
    requests,
    isSealed: false,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return vault;
};
