import { SlotMap } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import type { OpenCall } from '../../call/open-call.js';
import type { JsonFilters } from '#libs/jq';
import type { Access } from '../../transport/channel.js';
import type { HttpApiSender } from '../../transport/http-api/sender.js';
import type { Peer, PeerIdentity } from '../peer.js';
import type { Response } from '../request.js';
import { HttpCall } from './call.js';
import type { HttpTools } from './tools.js';

const METHOD_NOT_FOUND = -32601;

/** An HTTP API in the place of an MCP server: it has tools, and nothing happens at it beside their calls. */
export class HttpApiPeer implements Peer {
  readonly closed = false;
  usedAtMs = performance.now();
  private readonly calls = new SlotMap<HttpCall>();

  constructor(
    readonly identity: PeerIdentity,
    private readonly baseUrl: string,
    private readonly tools: HttpTools,
    private readonly sender: HttpApiSender,
    private readonly access: Access,
    private readonly filters: JsonFilters,
  ) {}

  get uses(): number {
    return this.calls.size;
  }

  start(open: OpenCall): void {
    const { method, target } = open.call;
    if (method !== 'tools/call') {
      open.answer({ kind: 'error', error: { code: METHOD_NOT_FOUND, message: `An HTTP API has no ${method}` } });
      return;
    }
    const { baseUrl, sender, access, filters } = this;
    const call = new HttpCall(open, { baseUrl, sender, access, filters }, () => this.done(call));
    this.calls.add(call);
    open.upstreamSide = call;
    const tool = this.tools.find(target);
    if (!(tool instanceof Promise)) return call.send(tool);
    tool.then(
      (found) => call.send(found),
      (error: unknown) => {
        this.done(call);
        open.fail(toGatewayError(error));
      },
    );
  }

  request(method: string): Promise<Response> {
    return Promise.reject(fail('upstream.not_mcp', { message: `An HTTP API has no ${method}`, executed: 'no' }));
  }

  /** It announces nothing. */
  watch(): void {}

  async watching(): Promise<void> {}

  /** It has no tasks. */
  followTasks(): () => void {
    return () => {};
  }

  retire(): void {}

  async close(): Promise<void> {}

  private done(call: HttpCall): void {
    this.calls.delete(call);
    this.usedAtMs = performance.now();
  }
}
