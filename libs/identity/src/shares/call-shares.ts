import type { Principal } from '#libs/contracts';
import { type GatewayError, fail } from '#libs/errors';
import { type Claim, FairShares, type Share, type ShareLimits, type ShareRefusal, heldBytes } from '#libs/resilience';
import { type AddressedRequest, type ClientAddress, networkOf } from '../client-address.js';
import { limitedCalls } from './instruments.js';

/** Whose share a limit is of. */
export type ShareOwner = 'caller' | 'team' | 'tool';

/** What one caller, one team and one tool may have. */
export type ShareSettings = Readonly<Record<ShareOwner, ShareLimits>>;

/** What one call has of the shares of its caller, its caller's teams and its tool. */
export interface TakenShares {
  readonly caller: Share;
  readonly teams: readonly Share[];
  tool: Share | null;
  /** What it makes the process hold. */
  readonly held: Claim;
}

const NO_SHARES: readonly Share[] = [];
const TIDY_MS = 10_000;

/**
 * How often, and how many at once, may be asked by one caller, by the callers of one team, of one tool. Decided from
 * memory; `ShareLedger` tells the replicas of each other. What is taken by `enter` is given back by `leave`, once.
 */
export class CallShares {
  readonly owners: Readonly<Record<ShareOwner, FairShares>>;
  private readonly timed: boolean;
  private readonly tidying: NodeJS.Timeout;

  constructor(
    settings: ShareSettings,
    private readonly addressOf: ClientAddress,
  ) {
    const { caller, team, tool } = settings;
    this.owners = { caller: new FairShares(caller), team: new FairShares(team), tool: new FairShares(tool) };
    this.timed = [caller, team, tool].some(({ perMinute }) => perMinute > 0);
    this.tidying = setInterval(() => this.tidy(), TIDY_MS);
    this.tidying.unref();
  }

  /** Takes the shares of a caller and of its teams. Throws `http.rate_limited`, with nothing taken. */
  enter(principal: Principal, request: AddressedRequest): TakenShares {
    const { caller, team } = this.owners;
    const nowMs = this.now();
    const own = caller.shareOf(this.keyOf(principal, request), nowMs);
    refuseIf(caller, own, nowMs, 'caller');
    const teams = this.teamsOf(principal, nowMs);
    for (const share of teams) refuseIf(team, share, nowMs, 'team');
    caller.take(own);
    for (const share of teams) team.take(share);
    return { caller: own, teams, tool: null, held: heldBytes.claim(own.key) };
  }

  /** Takes the share of a tool as well. Throws `http.rate_limited`; what was taken before is still to be given back. */
  enterTool(taken: TakenShares, upstreamId: string, toolName: string): void {
    const { tool } = this.owners;
    if (!tool.active) return;
    const nowMs = this.now();
    const share = tool.shareOf(`${upstreamId} ${toolName}`, nowMs);
    refuseIf(tool, share, nowMs, 'tool');
    tool.take(share);
    taken.tool = share;
  }

  /** Why a call of the tool would be refused now; takes nothing. `null`: it would not. */
  toolRefusal(upstreamId: string, toolName: string): GatewayError | null {
    const { tool } = this.owners;
    if (!tool.active) return null;
    const nowMs = this.now();
    return refusalOf(tool, tool.shareOf(`${upstreamId} ${toolName}`, nowMs), nowMs, 'tool');
  }

  leave({ caller, teams, tool, held }: TakenShares): void {
    held.release();
    this.owners.caller.leave(caller);
    for (const share of teams) this.owners.team.leave(share);
    if (tool !== null) this.owners.tool.leave(tool);
  }

  close(): void {
    clearInterval(this.tidying);
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Of the clock that nobody sets; not looked at where nothing depends on it. */
  private now(): number {
    return this.timed ? performance.now() : 0;
  }

  /** Whoever has no name is told apart by address. */
  private keyOf({ kind, id }: Principal, request: AddressedRequest): string {
    return kind === 'anonymous' ? `${id} ${networkOf(this.addressOf(request))}` : id;
  }

  private teamsOf({ teams }: Principal, nowMs: number): readonly Share[] {
    const { team } = this.owners;
    if (!team.active || teams === null || teams.length === 0) return NO_SHARES;
    return teams.map((name) => team.shareOf(name, nowMs));
  }

  private tidy(): void {
    const nowMs = this.now();
    for (const shares of Object.values(this.owners)) shares.tidy(nowMs);
  }
}

const refuseIf = (shares: FairShares, share: Share, nowMs: number, owner: ShareOwner): void => {
  const refusal = shares.refusal(share, nowMs);
  if (refusal === null) return;
  const { kind } = refusal;
  limitedCalls.add(1, { owner, kind });
  const retryAfterMs = kind === 'rate' ? refusal.retryAfterMs : shares.comeAgainMs(share, performance.now());
  throw failureOf({ ...refusal, retryAfterMs }, owner);
};

const refusalOf = (shares: FairShares, share: Share, nowMs: number, owner: ShareOwner): GatewayError | null => {
  const refusal = shares.refusal(share, nowMs);
  return refusal === null ? null : failureOf(refusal, owner);
};

const failureOf = ({ kind, limit, retryAfterMs }: ShareRefusal, owner: ShareOwner): GatewayError => {
  const what = kind === 'rate' ? `${limit} a minute` : `${limit} at once`;
  return fail('http.rate_limited', {
    message: `Too many requests of this ${owner}: it may have ${what}. Nothing was run`,
    data: { limitOf: owner, kind, limit, retryAfterMs },
    executed: 'no',
  });
};
