import { SlotMap } from '#libs/bus';
import { toGatewayError } from '#libs/errors';
import { METHOD_NOT_FOUND } from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import type { PeerIdentity } from '../peer.js';
import { QuietPeer } from '../quiet-peer.js';
import { HttpCall, type HttpCallMeans } from './call.js';
import type { HttpTools } from './tools.js';

/** An HTTP API in the place of an MCP server: it has tools, and nothing happens at it beside their calls. */
export class HttpApiPeer extends QuietPeer {
  private readonly calls = new SlotMap<HttpCall>();

  constructor(
    identity: PeerIdentity,
    private readonly tools: HttpTools,
    private readonly means: HttpCallMeans,
  ) {
    super(identity, 'An HTTP API');
  }

  get uses(): number {
    return this.calls.size;
  }

  start(open: OpenCall): void {
    const { method, target } = open.call;
    if (method !== 'tools/call') {
      open.answer({ kind: 'error', error: { code: METHOD_NOT_FOUND, message: `An HTTP API has no ${method}` } });
      return;
    }
    const call = new HttpCall(open, this.means, () => this.done(call));
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

  private done(call: HttpCall): void {
    this.calls.delete(call);
    this.usedAtMs = performance.now();
  }
}
