import { fail } from '#libs/errors';
import type { ServerRequest } from '../call/server-request.js';
import type { RunningCall } from './running-call.js';

export interface ParkedCall {
  readonly running: RunningCall;
  readonly principalId: string;
  readonly round: number;
  /** What the upstream requested and the client has not answered yet, by key. */
  readonly requests: ReadonlyMap<string, ServerRequest>;
  /** Called, for each lease on the call, when it is parked no more. */
  readonly holders: Set<() => void>;
}

/** Calls to legacy upstreams that are kept open while their client gathers the input. */
export class ParkedCalls {
  private readonly calls = new Map<string, ParkedCall>();
  private readonly perPrincipal = new Map<string, number>();

  constructor(private readonly perPrincipalMax: number) {}

  get size(): number {
    return this.calls.size;
  }

  /** Throws `mcp.input_unavailable` when the principal has as many parked calls as it may. */
  park(callId: string, parked: ParkedCall): void {
    const count = this.perPrincipal.get(parked.principalId) ?? 0;
    if (count >= this.perPrincipalMax) {
      throw fail('mcp.input_unavailable', {
        message: 'Too many calls of this caller wait for input',
        executed: 'unknown',
      });
    }
    this.perPrincipal.set(parked.principalId, count + 1);
    this.calls.set(callId, parked);
  }

  /** Throws `mcp.state_invalid`, the same for a call that is unknown, another's, or past that round. */
  find(callId: string, round: number, principalId: string): ParkedCall {
    const parked = this.calls.get(callId);
    if (parked === undefined || parked.round !== round || parked.principalId !== principalId)
      throw fail('mcp.state_invalid', { executed: 'no' });
    return parked;
  }

  /** Takes a call out to go on with it. */
  take(callId: string, round: number, principalId: string): ParkedCall {
    const parked = this.find(callId, round, principalId);
    this.remove(callId);
    return parked;
  }

  remove(callId: string): ParkedCall | undefined {
    const parked = this.calls.get(callId);
    if (parked === undefined) return undefined;
    this.calls.delete(callId);
    const count = (this.perPrincipal.get(parked.principalId) ?? 1) - 1;
    if (count > 0) this.perPrincipal.set(parked.principalId, count);
    else this.perPrincipal.delete(parked.principalId);
    for (const release of parked.holders) release();
    return parked;
  }

  has(callId: string): boolean {
    return this.calls.has(callId);
  }

  ids(): string[] {
    return [...this.calls.keys()];
  }
}
