import type { Bus } from '#libs/bus';
import { LeaseParkedCall } from '#contracts/tool-invocation/execute-call.request';
import { type FailureCode, fail, toGatewayError } from '#libs/errors';
import type { ParkedCallRetry, RoutedCall } from '../call/index.js';
import type { CallJournal } from './call-journal.js';

type Place = Pick<ParkedCallRetry, 'instance' | 'callId' | 'round'>;

/** After these nobody holds the call any more. Of others nothing follows: going on with it will tell. */
const GONE: ReadonlySet<FailureCode> = new Set(['bus.no_responders', 'bus.responder_lost', 'mcp.state_invalid']);

/**
 * Holds a parked call at its instance while its client is being asked, so that neither side waits for one that is gone:
 * the call ends with the lease, and the lease with the call.
 */
export class ParkedCallLease {
  constructor(
    private readonly bus: Bus,
    private readonly journal: CallJournal,
  ) {}

  /** Holds the call at `place` for as long as `ask` takes; `ask` is aborted when the call has ended. */
  async while<Asked>(call: RoutedCall, place: Place, ask: (signal: AbortSignal) => Promise<Asked>): Promise<Asked> {
    const leaving = new AbortController();
    const ended = new AbortController();
    const { instance, ...parked } = place;
    const request = { ...parked, principalId: call.outgoing.principal.id };
    this.bus.ask(LeaseParkedCall, request, { instance, signal: leaving.signal, callId: place.callId }).then(
      () => ended.abort(),
      (error: unknown) => {
        const { code } = toGatewayError(error);
        if (!GONE.has(code)) return;
        ended.abort();
        // Whoever held it may not be there to write what became of it.
        if (code !== 'mcp.state_invalid') this.journal.failed(call, place.callId, lost());
      },
    );
    try {
      return await ask(AbortSignal.any([call.abort.signal, ended.signal]));
    } catch (error) {
      leaving.abort();
      throw ended.signal.aborted && !call.abort.signal.aborted ? callEnded() : error;
    }
  }
}

const lost = () => fail('bus.responder_lost', { executed: 'unknown' });

export const callEnded = () => fail('mcp.state_invalid', { message: 'The call has ended meanwhile' });
