import type { Channel } from '../../transport/channel.js';
import type { AskingSide, Doubt } from '../peer.js';
import type { LegacyCall } from './call.js';
import type { LegacyTasks } from './tasks.js';

/** Beyond these it only counts whether they were all of one client. */
const ABANDONED_MAX = 256;
const BEYOND = -1;
const SEVERAL = '';

/**
 * Whose the questions are that come on no call's stream: over pipes, over HTTP+SSE, on the GET stream of a session. They
 * do not say which call raised them, so there is an owner only where everything that may have raised them is of one client.
 */
export class QuestionOwners implements AskingSide {
  client: string | undefined;
  private refused = false;
  /** Owners of calls that nobody waits for any more, but the upstream may still work on, by request id. */
  private readonly abandoned = new Map<number, string>();

  constructor(
    private readonly channel: Channel,
    private readonly calls: Iterable<LegacyCall>,
    private readonly tasks: LegacyTasks,
  ) {}

  get hasCommonStream(): boolean {
    return this.channel.hasCommonStream;
  }

  get doubt(): Doubt {
    if (this.refused) return 'shown';
    if (this.abandoned.size > 0) return 'possible';
    return this.tasks.unfinishedOwners().next().done ? 'none' : 'possible';
  }

  keepsTask(taskId: string): boolean {
    return this.tasks.keeps(taskId);
  }

  /** The newest call of the only client there is; a string says why there is no such call. */
  find(): LegacyCall | string {
    let newest: LegacyCall | undefined;
    for (const call of this.unanswered())
      if (newest === undefined || call.exchange.id > newest.exchange.id) newest = call;
    if (newest === undefined) return 'No call is open that this could belong to';
    for (const owner of this.owners()) {
      if (owner === newest.owner) continue;
      this.refused ||= this.doubt !== 'none';
      return 'Calls of several clients are open here, and this request does not say whose it is';
    }
    return newest;
  }

  /** The call ends without an answer of the upstream. */
  abandon({ exchange: { id }, owner }: LegacyCall): void {
    if (owner === null) return;
    if (this.abandoned.size < ABANDONED_MAX) this.abandoned.set(id, owner);
    else this.abandoned.set(BEYOND, (this.abandoned.get(BEYOND) ?? owner) === owner ? owner : SEVERAL);
  }

  answeredLate(id: unknown): void {
    this.abandoned.delete(id as number);
  }

  /** A call whose answer is here, though held back for what comes late, asks no more. */
  private *unanswered(): Generator<LegacyCall & { readonly owner: string }> {
    for (const call of this.calls) if (isAsking(call) && !call.exchange.settled && !call.open.ended) yield call;
  }

  private *owners(): Generator<string> {
    if (this.client !== undefined) yield this.client;
    for (const { owner } of this.unanswered()) yield owner;
    yield* this.abandoned.values();
    yield* this.tasks.unfinishedOwners();
  }
}

const isAsking = (call: LegacyCall): call is LegacyCall & { readonly owner: string } => call.owner !== null;
