import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { AuditCollection, AuditEvent, CollectedEvents } from '#contracts/audit-event';
import { CollectAuthAudit } from '#contracts/auth/collect-audit.request';
import { CollectRegistryAudit } from '#contracts/registry/collect-audit.request';
import { type Bus, InjectBus } from '#libs/bus';
import { PendingEvents } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type MetricsSettings, SETTINGS } from '../metrics.settings.js';
import { AuditTrailRepository, SECURITY_TYPES } from './audit-trail.repository.js';

const EVERY_MS = 2_000;
const PATIENCE_MS = 2_000;

type Collect = (collection: AuditCollection) => Promise<CollectedEvents>;

/**
 * Brings what has happened in auth, the registry and here into the trail, every other second and before the trail is read.
 * An event waits where it happened until it is here, and is one however often it is brought: it is neither lost nor told twice
 * when any process is killed.
 */
@Injectable()
export class AuditCollector implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sources: ReadonlyMap<string, Collect>;
  private readonly away = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;
  private current: Promise<readonly string[]> = Promise.resolve([]);
  private next: Promise<readonly string[]> | undefined;

  constructor(
    private readonly trail: AuditTrailRepository,
    own: PendingEvents,
    @InjectBus() bus: Bus,
    @Inject(SETTINGS) private readonly settings: MetricsSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {
    const options = { timeoutMs: PATIENCE_MS };
    this.sources = new Map<string, Collect>([
      ['metrics', (collection) => own.collect(collection)],
      ['auth', async (collection) => (await bus.ask(CollectAuthAudit, collection, options)).head],
      ['registry', async (collection) => (await bus.ask(CollectRegistryAudit, collection, options)).head],
    ]);
  }

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    clearTimeout(this.timer);
    await (this.next ?? this.current);
  }

  /** Resolves when all that was committed before is in the trail, with the services that could not be asked. */
  collect(): Promise<readonly string[]> {
    if (this.next !== undefined) return this.next;
    const next = this.current.then(() => {
      this.next = undefined;
      this.current = next;
      return this.collectAll();
    });
    this.next = next;
    return next;
  }

  private async collectAll(): Promise<readonly string[]> {
    const found = await Promise.all([...this.sources].map(([source, collect]) => this.collectFrom(source, collect)));
    return [...this.sources.keys()].filter((_, at) => found[at] === false);
  }

  /** False where it cannot be asked, or the trail cannot be written. */
  private async collectFrom(source: string, collect: Collect): Promise<boolean> {
    try {
      for (let taken: readonly string[] = []; !this.isOver; ) {
        const { events } = await collect({ taken });
        if (events.length === 0) break;
        const kept = events.filter((event) => this.keeps(event));
        if (kept.length > 0) await this.trail.append(source, kept);
        taken = events.map(({ id }) => id);
      }
      if (this.away.delete(source)) this.logger.info({ source }, 'the audit trail is up to date again');
      return true;
    } catch (error) {
      if (!this.away.has(source)) this.logger.warn({ err: error, source }, 'the audit trail waits for a service');
      this.away.add(source);
      return false;
    }
  }

  private keeps({ resourceType }: AuditEvent): boolean {
    const { keepsChanges, keepsSecurityEvents } = this.settings.audit;
    return SECURITY_TYPES.includes(resourceType) ? keepsSecurityEvents : keepsChanges;
  }

  private schedule(): void {
    this.timer = setTimeout(async () => {
      await this.collect();
      if (!this.isOver) this.schedule();
    }, EVERY_MS).unref();
  }
}
