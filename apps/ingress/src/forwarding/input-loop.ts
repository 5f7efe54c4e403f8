import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '#libs/bus';
import type { CallAnswer } from '#contracts/tool-invocation/execute-call.request';
import { fail } from '#libs/errors';
import { type ClientResponse, appendMembers, askParams, canAnswer } from '#libs/mcp';
import type { BoundCall, ParkedCall } from '../calls.js';
import type { Asks } from '../session/asks.js';
import { type InputRequest, readInputNeeded } from './input-requests.js';

/** How a call goes on. */
export interface Continuation {
  execute(call: BoundCall): Promise<Answer<CallAnswer>>;
  continue(parked: ParkedCall): Promise<Answer<CallAnswer>>;
}

const ROUNDS_MAX = 10;
/** A round that asks for nothing wants to be asked again; not at once. */
const IDLE_ROUND_MS = 250;

/** Does this call come from a client that is asked by requests (before 2026-07-28)? */
export const isSessionCall = (call: BoundCall): boolean => call.envelope === null;

/**
 * For a client with a session, who knows nothing of answers that ask: puts each request an upstream has to it on the
 * stream of its call, collects the responses, and takes the call on with them until there is a result.
 */
export class InputLoop {
  constructor(private readonly asks: Asks) {}

  async run(call: BoundCall, first: Answer<CallAnswer>, go: Continuation): Promise<Answer<CallAnswer>> {
    let answer = first;
    let current = call;
    for (let round = 0; answer.head.kind === 'input-required'; round++) {
      if (round === ROUNDS_MAX) throw fail('mcp.input_unavailable', { message: 'The upstream asks again and again' });
      const needed = readInputNeeded(answer.body ?? '{}');
      const inputResponses = await this.collect(call, needed.requests);
      if (needed.requests.length === 0) await sleep(IDLE_ROUND_MS);
      const { parked } = answer.head;
      if (parked === undefined) {
        current = retry(call, inputResponses, needed.requestStateText);
        answer = await go.execute(current);
      } else {
        const { callId } = current.routed;
        answer = await go.continue({ instance: answer.instance, callId, round: parked.round, inputResponses });
      }
    }
    return answer;
  }

  private async collect(call: BoundCall, requests: readonly InputRequest[]): Promise<Record<string, unknown>> {
    const { session, reply, abort } = call;
    for (const { method, params } of requests) {
      if (session !== null && reply.streams && canAnswer(call.routed.client.capabilities, method, params)) continue;
      throw fail('mcp.input_unavailable', {
        message: `The tool needs ${method}, which this client cannot do`,
        executed: 'unknown',
      });
    }
    const collected = await Promise.all(
      requests.map(async ({ key, method, params, paramsText }) => {
        const id = this.asks.newId();
        const text = askParams(method, paramsText, params, id);
        const response = await this.asks.ask(session?.id ?? '', reply, id, method, text, abort);
        return [key, resultOf(method, response)] as const;
      }),
    );
    return Object.fromEntries(collected);
  }
}

/** A client that refuses to be asked has cancelled an elicitation; anything else cannot go on without it. */
const resultOf = (method: InputRequest['method'], { result, error }: ClientResponse): unknown => {
  if (error === null) return result;
  if (method === 'elicitation/create') return { action: 'cancel' };
  throw fail('mcp.input_unavailable', { message: `The client refused ${method}`, executed: 'unknown' });
};

const retry = (
  call: BoundCall,
  inputResponses: Readonly<Record<string, unknown>>,
  requestStateText: string | null,
): BoundCall => {
  const state = requestStateText === null ? '' : `,"requestState":${requestStateText}`;
  const body = appendMembers(call.body, `"inputResponses":${JSON.stringify(inputResponses)}${state}`);
  return { ...call, body, routed: { ...call.routed, callId: randomUUID() } };
};
