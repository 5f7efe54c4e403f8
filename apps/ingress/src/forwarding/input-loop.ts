import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '#libs/bus';
import type { CallAnswer } from '#contracts/tool-invocation/execute-call.request';
import { appendMembers, serverRequestParams, canAnswer, textOf, METHOD_NOT_FOUND } from '#libs/mcp';
import type { ClientRefusal, ParkedCallRetry, RoutedCall } from '../call/index.js';
import type { ServerRequests } from '../sessions/index.js';
import type { ParkedCallLease } from './parked-call-lease.js';
import { type InputRequest, readInputNeeded } from './input-requests.js';
import { UrlVisits, unavailable } from './url-visits.js';

/** How a call goes on. */
export interface Continuation {
  execute(call: RoutedCall): Promise<Answer<CallAnswer>>;
  continue(parked: ParkedCallRetry): Promise<Answer<CallAnswer>>;
}

const ROUNDS_MAX = 10;
/** A round that asks for nothing wants to be asked again; not at once. */
const IDLE_ROUND_MS = 250;
const MESSAGE_CHARS_MAX = 1_024;

/** Does this call come from a client that is asked by requests (before 2026-07-28)? */
export const isSessionCall = (call: RoutedCall): boolean => call.envelope === null;

/**
 * For a client with a session, who knows nothing of answers that ask: puts each request an upstream has to it on the
 * stream of its call, collects the responses, and takes the call on with them until there is a result.
 */
export class InputLoop {
  constructor(
    private readonly serverRequests: ServerRequests,
    private readonly lease: ParkedCallLease,
  ) {}

  async run(call: RoutedCall, first: Answer<CallAnswer>, go: Continuation): Promise<Answer<CallAnswer>> {
    let answer = first;
    let current = call;
    const visits = new UrlVisits();
    for (let round = 0; answer.head.kind === 'input-required'; round++) {
      const { parked } = answer.head;
      const needed = readInputNeeded(textOf(answer.body ?? '{}'));
      if (parked === undefined) {
        checkRound(round, needed.requests);
        current = retry(call, await this.inputFor(call, needed.requests, visits), needed.requestStateText);
        answer = await go.execute(current);
        continue;
      }
      const place = { instance: answer.instance, callId: current.outgoing.callId, round: parked.round };
      const refusals = new Map<string, ClientRefusal>();
      const inputResponses = await this.lease.while(call, place, async (signal) => {
        checkRound(round, needed.requests);
        // The upstream still waits, and is told what its client says.
        return this.collect(call, needed.requests, signal, ({ key }, refusal) => refusals.set(key, refusal));
      });
      answer = await go.continue({
        ...place,
        inputResponses,
        ...(refusals.size > 0 && { refusals: Object.fromEntries(refusals) }),
      });
    }
    return answer;
  }

  /** For an upstream that is called again, and can be told of nothing but results. */
  private async inputFor(call: RoutedCall, requests: readonly InputRequest[], visits: UrlVisits): Promise<Responses> {
    const { signal } = call.abort;
    if (requests.length === 0) await sleep(IDLE_ROUND_MS, undefined, { signal });
    for (const { method, params } of requests) {
      if (!isAskable(call, method, params))
        throw unavailable(`The tool needs ${method}, which this client cannot do`, requests);
    }
    const { known, fresh } = await visits.sort(requests, signal);
    const said = await this.collect(call, fresh, signal, ({ method }) => {
      throw unavailable(`The client refused ${method}`, requests);
    });
    visits.note(fresh, said);
    return { ...known, ...said };
  }

  /** ServerRequests all at once. Where one has no answer, and that ends it, the others are not waited for. */
  private async collect(
    call: RoutedCall,
    requests: readonly InputRequest[],
    signal: AbortSignal,
    refused: (request: InputRequest, refusal: ClientRefusal) => void,
  ): Promise<Responses> {
    const together = new AbortController();
    const either = AbortSignal.any([signal, together.signal]);
    const responses = new Map<string, unknown>();
    const ask = async (request: InputRequest): Promise<void> => {
      const { key, method, params, paramsText } = request;
      if (!isAskable(call, method, params))
        return refused(request, { code: METHOD_NOT_FOUND, message: `The client cannot do ${method}` });
      const id = this.serverRequests.newId();
      const text = serverRequestParams(method, paramsText, params, id);
      const { result, error } = await this.serverRequests.send(
        call.session?.id ?? '',
        call.reply,
        id,
        method,
        text,
        either,
      );
      if (error === null) responses.set(key, result);
      // A client that refuses to be asked has cancelled an elicitation.
      else if (method === 'elicitation/create') responses.set(key, { action: 'cancel' });
      else refused(request, { code: error.code, message: error.message.slice(0, MESSAGE_CHARS_MAX) });
    };
    try {
      await Promise.all(requests.map(ask));
      return Object.fromEntries(responses);
    } finally {
      together.abort();
    }
  }
}

type Responses = Readonly<Record<string, unknown>>;

const isAskable = (call: RoutedCall, method: InputRequest['method'], params: unknown): boolean =>
  call.session !== null && call.reply.streams && canAnswer(call.outgoing.client.capabilities, method, params);

const checkRound = (round: number, requests: readonly InputRequest[]): void => {
  if (round === ROUNDS_MAX) throw unavailable('The upstream asks again and again', requests);
};

const retry = (
  call: RoutedCall,
  inputResponses: Readonly<Record<string, unknown>>,
  requestStateText: string | null,
): RoutedCall => {
  const state = requestStateText === null ? '' : `,"requestState":${requestStateText}`;
  const body = appendMembers(call.body, `"inputResponses":${JSON.stringify(inputResponses)}${state}`);
  return { ...call, body, outgoing: { ...call.outgoing, callId: randomUUID() } };
};
