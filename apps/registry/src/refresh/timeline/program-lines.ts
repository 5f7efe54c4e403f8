import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { StateChanged } from '#contracts/registry/state-changed.event';
import { type ProgramLine, ProgramWrote } from '#contracts/tool-invocation/health/program-wrote.event';
import { type Bus, InjectBus, type Subscription } from '#libs/bus';

const LINES_MAX = 200;
const UPSTREAMS_MAX = 1_000;
const CHARS_MAX = 16_777_216;
/** Of a line besides its text. */
const LINE_CHARS = 64;

/** The last lines of every program, in memory: whoever wants them for longer keeps the log. */
@Injectable()
export class ProgramLines implements OnModuleDestroy {
  private readonly kept = new LRUCache<string, readonly ProgramLine[]>({
    max: UPSTREAMS_MAX,
    maxSize: CHARS_MAX,
    sizeCalculation: (lines) => lines.reduce((chars, { text }) => chars + text.length + LINE_CHARS, 1),
  });

  private readonly subscriptions: readonly Subscription[];

  constructor(@InjectBus() bus: Bus) {
    this.subscriptions = [
      // Each replica keeps them, since any may be asked; one of them says that there is something to ask for.
      bus.subscribe(ProgramWrote, ({ upstreamId, lines }) => this.add(upstreamId, lines)),
      bus.subscribe(ProgramWrote, () => bus.publish(StateChanged, { topic: 'programs' }), { group: 'registry' }),
    ];
  }

  onModuleDestroy(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  of(upstreamId: string): readonly ProgramLine[] {
    return this.kept.get(upstreamId) ?? [];
  }

  private add(upstreamId: string, lines: readonly ProgramLine[]): void {
    this.kept.set(upstreamId, [...(this.kept.get(upstreamId) ?? []), ...lines].slice(-LINES_MAX));
  }
}
