import { SlotMap } from '#libs/bus';
import { toGatewayError } from '#libs/errors';
import { METHOD_NOT_FOUND } from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import type { PeerIdentity } from '../peer.js';
import { QuietPeer } from '../quiet-peer.js';
import type { GrpcMethods } from './api.js';
import { GrpcCall, type GrpcCallMeans } from './call.js';

/** A gRPC server in the place of an MCP server: it has tools, and nothing happens at it beside their calls. */
export class GrpcPeer extends QuietPeer {
  private readonly calls = new SlotMap<GrpcCall>();

  constructor(
    identity: PeerIdentity,
    private readonly methods: GrpcMethods,
    private readonly means: Omit<GrpcCallMeans, 'registry'>,
  ) {
    super(identity, 'A gRPC server');
  }

  get uses(): number {
    return this.calls.size;
  }

  start(open: OpenCall): void {
    const { method, target } = open.call;
    if (method !== 'tools/call') {
      open.answer({ kind: 'error', error: { code: METHOD_NOT_FOUND, message: `A gRPC server has no ${method}` } });
      return;
    }
    const call = new GrpcCall(open, { ...this.means, registry: this.methods.registry }, () => this.done(call));
    this.calls.add(call);
    open.upstreamSide = call;
    try {
      call.send(this.methods.find(target));
    } catch (error) {
      this.done(call);
      open.fail(toGatewayError(error));
    }
  }

  private done(call: GrpcCall): void {
    this.calls.delete(call);
    this.usedAtMs = performance.now();
  }
}
