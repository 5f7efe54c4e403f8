import {
  askProblem,
  type IncomingError,
  INTERNAL_ERROR,
  isObject,
  isSafeUrl,
  MODERN_REVISION,
  URL_ELICITATION_REQUIRED,
} from '#libs/mcp';
import type { CallClient } from '#contracts/tool-invocation/execute-call.request';
import type { OpenCall } from '../../call/open-call.js';
import type { PeerEvents } from '../peer.js';
import type { LegacyCall } from './call.js';

type Json = Readonly<Record<string, unknown>>;

const ELICITATIONS_MAX = 16;
const IDS_MAX = 256;
const ID_CHARS_MAX = 1_024;
/** "Accept" means that the URL was opened, not that all is done there; not every server says when it is. */
const COMPLETION_WAIT_MS = 5_000;

/**
 * The URLs to which one legacy upstream sends the users of its clients: in a question, or as the error "visit this first".
 * A session's client gets that error as it is and repeats its call. One of 2026-07-28 is asked, once; when it has
 * accepted, the call is repeated, once, as soon as the upstream says that all is done or has had some time.
 * https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#url-mode-elicitation-requests
 */
export class UrlElicitations {
  /** The sessions that know an elicitation by its id. */
  private readonly knownBy = new Map<string, Set<string>>();
  private readonly visits = new Set<UrlVisit>();

  constructor(
    private readonly repeat: (open: OpenCall) => void,
    private readonly events: Pick<PeerEvents, 'elicitationCompleted'>,
  ) {}

  /** Calls whose clients are visiting a URL. */
  get size(): number {
    for (const visit of this.visits) if (visit.open.ended) this.visits.delete(visit);
    return this.visits.size;
  }

  /** Notes who is given the id of a question. */
  note({ mode, elicitationId }: Json, { key, revision }: CallClient): void {
    if (mode !== 'url' || key === undefined || revision === MODERN_REVISION) return;
    if (typeof elicitationId !== 'string' || elicitationId.length > ID_CHARS_MAX) return;
    const keys = this.knownBy.get(elicitationId) ?? new Set();
    keys.add(key);
    this.knownBy.delete(elicitationId);
    this.knownBy.set(elicitationId, keys);
    if (this.knownBy.size > IDS_MAX) this.knownBy.delete(this.knownBy.keys().next().value as string);
  }

  /** The upstream wants URLs visited before it does what the call asks for. */
  required(open: OpenCall, error: IncomingError['error']): void {
    const { client } = open.call;
    const elicitations = elicitationsOf(error.data);
    if (elicitations === null) return open.answer({ kind: 'error', error: withSafeUrls(error) });
    if (client.revision !== MODERN_REVISION) {
      for (const elicitation of elicitations) this.note({ ...elicitation, mode: 'url' }, client);
      return open.answer({ kind: 'error', error });
    }
    if (open.wasSentToUrls) return refuse(open, error, 'is still to be visited: call again when all is done there');
    if (elicitations.some((asked) => askProblem('elicitation/create', asParams(asked), client.capabilities) !== null))
      return refuse(open, error, 'has to be visited first, and this client cannot be sent there');
    open.wasSentToUrls = true;
    this.visits.add(new UrlVisit(open, error, elicitations, this.repeat));
  }

  /** The upstream says that all is done; on the stream of a call, if it says so there. */
  completed(elicitationId: unknown, call: LegacyCall | undefined): void {
    if (typeof elicitationId !== 'string') return;
    for (const visit of this.visits) visit.completed(elicitationId);
    for (const key of this.knownBy.get(elicitationId) ?? []) {
      if (call?.owner === key) call.open.elicitationComplete(elicitationId);
      else this.events.elicitationCompleted(key, elicitationId);
    }
    this.knownBy.delete(elicitationId);
  }
}

/** A call whose client is sent to URLs, from the question to the repetition. */
class UrlVisit {
  private readonly pending: Set<unknown>;
  private unanswered: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly open: OpenCall,
    private readonly error: IncomingError['error'],
    elicitations: readonly Json[],
    private readonly repeat: (open: OpenCall) => void,
  ) {
    this.unanswered = elicitations.length;
    // One without an id is never said to be done.
    this.pending = new Set(elicitations.map(({ elicitationId }, index) => elicitationId ?? index));
    open.upstreamSide = { cancel: () => clearTimeout(this.timer) };
    for (const elicitation of elicitations) {
      open.serverRequest({
        method: 'elicitation/create',
        paramsText: JSON.stringify(asParams(elicitation)),
        reply: (result) => this.answered((JSON.parse(result) as Json).action),
        refuse: () => this.answered('cancel'),
      });
    }
  }

  completed(elicitationId: string): void {
    if (this.pending.delete(elicitationId) && this.pending.size === 0 && this.timer !== undefined) this.goOn();
  }

  private answered(action: unknown): void {
    if (action === 'decline') return refuse(this.open, this.error, 'has to be visited first, and was declined');
    if (action !== 'accept') return refuse(this.open, this.error, 'has to be visited first, and was cancelled');
    if (--this.unanswered > 0) return;
    this.timer = setTimeout(() => this.goOn(), this.pending.size === 0 ? 0 : COMPLETION_WAIT_MS);
  }

  private goOn(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.open.ended) this.repeat(this.open);
  }
}

/** `null` where there is none, too many, or one that must not be shown. */
const elicitationsOf = (data: unknown): readonly Json[] | null => {
  const elicitations = isObject(data) ? data.elicitations : undefined;
  if (!Array.isArray(elicitations) || elicitations.length === 0 || elicitations.length > ELICITATIONS_MAX) return null;
  return elicitations.every((each) => isObject(each) && isSafeUrl(each.url)) ? elicitations : null;
};

const asParams = ({ message, url }: Json) => ({ mode: 'url', message, url });

/** Nothing that is not safe reaches a client, nor what would have it look for more. */
const withSafeUrls = ({ message, data }: IncomingError['error']): IncomingError['error'] => {
  const told = isObject(data) && Array.isArray(data.elicitations) ? data.elicitations : [];
  const elicitations = told.filter((each) => isObject(each) && isSafeUrl(each.url)).slice(0, ELICITATIONS_MAX);
  return { code: INTERNAL_ERROR, message, ...(elicitations.length > 0 && { data: { elicitations } }) };
};

/** Ends the call with an error that says where to go. `why` continues a sentence whose subject is the URL. */
const refuse = (open: OpenCall, { data }: IncomingError['error'], why: string): void => {
  const [first, ...more] = elicitationsOf(data) ?? [];
  const message = `${String(first?.url)} ${more.length > 0 ? `(and ${more.length} more) ` : ''}${why}`;
  open.answer({ kind: 'error', error: { code: URL_ELICITATION_REQUIRED, message, data } });
};
