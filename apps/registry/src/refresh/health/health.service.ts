import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { PayloadOf } from '#contracts/define';
import type { BreakerChanged } from '#contracts/tool-invocation/health/breaker-changed.event';
import { type AddressStanding, CheckUpstream } from '#contracts/tool-invocation/health/check-upstream.request';
import { type Bus, InjectBus } from '#libs/bus';
import { toGatewayError } from '#libs/errors';
import { CatalogChangesService } from '../../changes/catalog-changes.service.js';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { clipped, failureText } from '../../gateways/discovery-result.js';
import { type RegistrySettings, SETTINGS } from '../../registry.settings.js';
import { RefreshService } from '../refresh.service.js';
import { type DueGateway, HealthRepository } from './health.repository.js';

/** One process asks so many at once. */
const CHECKS_MAX = 20;
/** Turns are looked for so many times an interval. */
const LOOKS = 4;
const LOOK_MS_MAX = 5_000;
/** One that does not answer is asked so much more often, so that it is soon known to be back. */
const FAILING_FACTOR = 6;

/** The bus gives up later than the check, so that an upstream is heard to be silent. */
const BUS_MARGIN_MS = 5_000;

/** Not the upstream's doing; or it is there, and does not let the gateway in. */
const NO_ABSENCE = new Set<string>([
  'upstream.busy',
  'upstream.unknown',
  'upstream.breaker_open',
  'upstream.unauthorised',
  'upstream.consent_needed',
]);

/** What a failure tells beside its reason. */
interface FailedCheck {
  readonly addresses?: readonly AddressStanding[];
}

/** Asks upstreams from time to time whether they are there, so that a gateway shows what is, not what was. */
@Injectable()
export class HealthService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;

  constructor(
    private readonly gateways: HealthRepository,
    private readonly refreshing: RefreshService,
    private readonly changes: CatalogChangesService,
    @InjectBus() private readonly bus: Bus,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { intervalMs } = this.settings.healthCheck;
    if (intervalMs === 0) return;
    const lookMs = Math.min(LOOK_MS_MAX, intervalMs / FAILING_FACTOR / LOOKS);
    this.timer = setInterval(() => this.look(), lookMs);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.round;
  }

  /**
   * Calls have failed so often that an instance leaves the upstream alone, or are answered again: `null`. Only of those that
   * checks find to be back, should that instance end before it says so.
   */
  async noteBreaker({ upstreamId, version, reason }: PayloadOf<typeof BreakerChanged>): Promise<void> {
    if (this.settings.healthCheck.intervalMs === 0) return;
    const gateway = await this.gateways.findChecked(upstreamId, version);
    if (gateway === null) return;
    if (reason === null) await this.noteAnswer(gateway);
    else await this.noteFailure(gateway, { code: 'upstream.breaker_open', reason: clipped(reason) }, 1);
  }

  private look(): void {
    this.round ??= this.checkDue()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'upstreams could not be checked'))
      .finally(() => {
        this.round = undefined;
      });
  }

  private async checkDue(): Promise<void> {
    const { intervalMs } = this.settings.healthCheck;
    const turns = { intervalMs, failingIntervalMs: intervalMs / FAILING_FACTOR };
    let due: DueGateway[];
    do {
      due = await this.gateways.claimDue(turns, CHECKS_MAX);
      await Promise.all(due.map((gateway) => this.check(gateway)));
    } while (due.length === CHECKS_MAX && this.timer !== undefined);
  }

  private async check(gateway: DueGateway): Promise<void> {
    const { id: upstreamId } = gateway;
    const { timeoutMs, failuresMax } = this.settings.healthCheck;
    try {
      const { head } = await this.bus.ask(
        CheckUpstream,
        { upstreamId, timeoutMs },
        { timeoutMs: timeoutMs + BUS_MARGIN_MS },
      );
      await this.noteAddresses(gateway, head.addresses);
    } catch (error) {
      const { code, data } = toGatewayError(error);
      const { addresses } = (data ?? {}) as FailedCheck;
      await this.noteAddresses(gateway, addresses);
      // What the bus, or a service, lacks says nothing of the upstream.
      if (!code.startsWith('upstream.') || NO_ABSENCE.has(code)) return;
      await this.noteFailure(gateway, { code, reason: failureText(error) }, failuresMax);
      return;
    }
    await this.noteAnswer(gateway);
  }

  private async noteFailure(
    gateway: DueGateway,
    { code, reason }: { readonly code: string; readonly reason: string },
    failuresMax: number,
  ): Promise<void> {
    if (!(await this.gateways.noteFailure(gateway, reason, failuresMax))) return;
    this.changes.noteState('gateways');
    const { id: upstreamId, name } = gateway;
    this.logger.warn({ upstreamId, upstream: name, code, reason }, 'an upstream does not answer');
  }

  private async noteAnswer(gateway: DueGateway): Promise<void> {
    if (!(await this.gateways.noteAnswer(gateway))) return;
    this.changes.noteState('gateways');
    const { id: upstreamId, name } = gateway;
    this.logger.info({ upstreamId, upstream: name }, 'an upstream answers again');
    // What it offers may have changed while nobody could be told.
    await this.refreshing.refreshIfFree(upstreamId);
  }

  private async noteAddresses(gateway: DueGateway, addresses: readonly AddressStanding[] | undefined): Promise<void> {
    if (addresses !== undefined && (await this.gateways.noteAddresses(gateway, addresses)))
      this.changes.noteState('gateways');
  }
}
