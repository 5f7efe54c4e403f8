import { Agent, request } from 'undici';
import { fail } from '#libs/errors';
import type { VaultSettings } from '../../auth.settings.js';
import { isRecord } from '../../jwt/claims.js';
import { parsed } from './authorization-server.js';

const REQUEST_MS = 2_000;
const ANSWER_BYTES_MAX = 256 * 1024;

/** Secrets of texts. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 */
export type Secret = Readonly<Record<string, string>>;

/** Secrets in the KV engine, version 2, of HashiCorp Vault or OpenBao. All methods reject with `auth.unavailable`. */
export class VaultKv2 {
  private readonly agent: Agent;

  constructor(private readonly settings: VaultSettings) {
    this.agent = new Agent({ connect: { rejectUnauthorized: settings.verifiesTls, timeout: REQUEST_MS } });
  }

  /** Null: there is none. */
  async read(name: string): Promise<Secret | null> {
    const { status, text } = await this.send('GET', 'data', name);
    // A secret that was deleted is answered with 404 too, and with its metadata.
    if (status === 404) return null;
    if (status !== 200) throw refused(status);
    const answer = parsed(text);
    const outer = isRecord(answer) ? answer['data'] : undefined;
    const inner = isRecord(outer) ? outer['data'] : undefined;
    if (!isRecord(inner)) throw unavailable('it answered something else than a secret of KV version 2');
    return Object.fromEntries(Object.entries(inner).filter(([, value]) => typeof value === 'string')) as Secret;
  }

  async write(name: string, secret: Secret): Promise<void> {
    const { status } = await this.send('POST', 'data', name, { data: secret });
    if (status !== 200 && status !== 204) throw refused(status);
  }

  /** With all its versions. */
  async delete(name: string): Promise<void> {
    const { status } = await this.send('DELETE', 'metadata', name);
    if (status !== 204 && status !== 200 && status !== 404) throw refused(status);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async send(method: 'GET' | 'POST' | 'DELETE', area: 'data' | 'metadata', name: string, body?: object) {
    const { address, token, namespace, mount, prefix } = this.settings;
    const path = [...mount.split('/'), area, ...prefix.split('/'), name].map(encodeURIComponent).join('/');
    try {
      const answer = await request(`${address.replace(/\/$/, '')}/v1/${path}`, {
        method,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(REQUEST_MS),
        headers: {
          'x-vault-token': token,
          'x-vault-request': 'true',
          ...(namespace !== null && { 'x-vault-namespace': namespace }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const pieces: Buffer[] = [];
      let bytes = 0;
      for await (const piece of answer.body as AsyncIterable<Buffer>) {
        bytes += piece.length;
        if (bytes > ANSWER_BYTES_MAX) throw new Error(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`);
        pieces.push(piece);
      }
      return { status: answer.statusCode, text: Buffer.concat(pieces).toString('utf8') };
    } catch (error) {
      throw unavailable('it cannot be reached', error);
    }
  }
}

/** 403: the token is not good, or may not do this. 404 to a write: nothing is mounted there. 503: it is sealed. */
const REASONS: Readonly<Record<number, string>> = {
  403: 'it refuses VAULT_TOKEN',
  404: 'it has no KV version 2 at VAULT_KV_MOUNT',
  503: 'it is sealed',
};

const refused = (status: number) => unavailable(REASONS[status] ?? `it answered HTTP ${status}`);

const unavailable = (why: string, cause?: unknown) =>
  fail('auth.unavailable', { message: `Tokens cannot be read or kept in Vault: ${why}`, executed: 'no', cause });
