import { fail } from '#libs/errors';
import { MODERN_REVISION } from '#libs/mcp';
import type { OpenCall } from '../call/open-call.js';
import type { Peer, PeerIdentity } from './peer.js';
import type { Response } from './request.js';

/** As an MCP server of its own it would be one without sessions. */
export const quietIdentity = (capabilities: PeerIdentity['capabilities']): PeerIdentity => ({
  era: 'modern',
  protocolVersion: MODERN_REVISION,
  serverInfo: {},
  capabilities,
  instructions: null,
});

/** Something in the place of an MCP server at which nothing happens beside its calls: it announces nothing and has no tasks. */
export abstract class QuietPeer implements Peer {
  readonly closed = false;
  usedAtMs = performance.now();
  abstract readonly uses: number;

  constructor(
    readonly identity: PeerIdentity,
    /** What it is called where it is asked for what it lacks. */
    private readonly name: string,
  ) {}

  abstract start(open: OpenCall): void;

  request(method: string): Promise<Response> {
    return Promise.reject(fail('upstream.not_mcp', { message: `${this.name} has no ${method}`, executed: 'no' }));
  }

  watch(): void {}

  async watching(): Promise<void> {}

  followTasks(): () => void {
    return () => {};
  }

  retire(): void {}

  async close(): Promise<void> {}
}
