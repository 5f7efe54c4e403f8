import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayError, fail } from '#libs/errors';
import { isObject } from '#libs/mcp';
import type { InputRequest } from './input-requests.js';

type Responses = Readonly<Record<string, unknown>>;

/** What the user does at a URL takes a while after it was opened, which is all that "accept" means. */
const VISIT_WAIT_MS = 5_000;

/**
 * The URLs that the client of one call has been sent to by an upstream that is called again and again. It is sent to each
 * once; an upstream that asks for one again is given what the client said once more, after a while, and no third time.
 */
export class UrlVisits {
  private readonly said = new Map<string, unknown>();
  private readonly repeated = new Set<string>();

  /** Which requests are answered already, and which have to be put to the client. Throws where asking would not end. */
  async sort(
    requests: readonly InputRequest[],
    signal: AbortSignal,
  ): Promise<{ readonly known: Responses; readonly fresh: readonly InputRequest[] }> {
    const fresh: InputRequest[] = [];
    const known: Record<string, unknown> = {};
    for (const request of requests) {
      const url = urlOf(request);
      if (url === null || !this.said.has(url)) {
        fresh.push(request);
        continue;
      }
      const answer = this.said.get(url);
      if (this.repeated.has(url) || !isAccepted(answer))
        throw unavailable(
          `${url} has to be visited first: ${isAccepted(answer) ? 'call again when all is done there' : 'the client refused'}`,
          requests,
        );
      this.repeated.add(url);
      known[request.key] = answer;
    }
    if (Object.keys(known).length > 0) await sleep(VISIT_WAIT_MS, undefined, { signal });
    return { known, fresh };
  }

  note(requests: readonly InputRequest[], responses: Responses): void {
    for (const request of requests) {
      const url = urlOf(request);
      if (url !== null) this.said.set(url, responses[request.key]);
    }
  }
}

/** The failure of a call whose input is not to be had. Names the URLs that its client was to visit: they are not lost. */
export const unavailable = (message: string, requests: readonly InputRequest[]): GatewayError => {
  const elicitations = requests.filter((request) => urlOf(request) !== null).map(({ params }) => params);
  const data = elicitations.length === 0 ? undefined : { elicitations };
  return fail('mcp.input_unavailable', { message, executed: 'unknown', ...(data && { data }) });
};

const urlOf = ({ method, params }: InputRequest): string | null =>
  method === 'elicitation/create' && isObject(params) && params['mode'] === 'url' && typeof params['url'] === 'string'
    ? params['url']
    : null;

const isAccepted = (answer: unknown): boolean => isObject(answer) && answer['action'] === 'accept';
