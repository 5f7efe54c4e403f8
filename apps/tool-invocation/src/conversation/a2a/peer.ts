import { AGENT_TOOL } from '#libs/a2a';
import { SlotMap } from '#libs/bus';
import { fail } from '#libs/errors';
import { METHOD_NOT_FOUND } from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import type { PeerIdentity } from '../peer.js';
import { QuietPeer } from '../quiet-peer.js';
import { A2aCall, type A2aCallMeans } from './call.js';

/** An agent in the place of an MCP server: it has one tool, and nothing happens at it beside its calls. */
export class A2aPeer extends QuietPeer {
  private readonly calls = new SlotMap<A2aCall>();

  constructor(
    identity: PeerIdentity,
    private readonly means: A2aCallMeans,
  ) {
    super(identity, 'An A2A agent');
  }

  get uses(): number {
    return this.calls.size;
  }

  start(open: OpenCall): void {
    const { method, target } = open.call;
    if (method !== 'tools/call') {
      open.answer({ kind: 'error', error: { code: METHOD_NOT_FOUND, message: `An A2A agent has no ${method}` } });
      return;
    }
    if (target !== AGENT_TOOL) return open.fail(fail('registry.tool_unknown', { executed: 'no' }));
    const call = new A2aCall(open, this.means, () => this.done(call));
    this.calls.add(call);
    open.upstreamSide = call;
    call.send();
  }

  private done(call: A2aCall): void {
    this.calls.delete(call);
    this.usedAtMs = performance.now();
  }
}
