import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { StateChanged } from '#contracts/registry/state-changed.event';
import { type ProgramLine, ProgramWrote } from '#contracts/tool-invocation/health/program-wrote.event';
import type { PayloadOf } from '#contracts/define';
import { type Bus, InjectBus, type Subscription } from '#libs/bus';

const LINES_MAX = 200;
const UPSTREAMS_MAX = 1_000;
const CHARS_MAX = 16_777_216;
/** Of a line besides its text. */
const LINE_CHARS = 64;

type KeptLine = ProgramLine & { readonly batch: string };

/** The last lines of every program, in memory: whoever wants them for longer keeps the log. */
@Injectable()
export class ProgramLines implements OnModuleDestroy {
  private readonly kept = new LRUCache<string, readonly KeptLine[]>({
    max: UPSTREAMS_MAX,
    maxSize: CHARS_MAX,
    sizeCalculation: (lines) => lines.reduce((chars, { text }) => chars + text.length + LINE_CHARS, 1),
  });

  private readonly subscriptions: readonly Subscription[];

  constructor(@InjectBus() bus: Pick<Bus, 'publish' | 'subscribe'>) {
    this.subscriptions = [
      // Each replica keeps them, since any may be asked; one of them says that there is something to ask for.
      bus.subscribe(ProgramWrote, (told) => this.add(told)),
      bus.subscribe(ProgramWrote, () => bus.publish(StateChanged, { topic: 'programs' }), { group: 'registry' }),
    ];
  }

  onModuleDestroy(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  of(upstreamId: string): readonly ProgramLine[] {
    return (this.kept.get(upstreamId) ?? []).map(({ at, kind, text }) => ({ at, kind, text }));
  }

  private add({ upstreamId, batch, lines }: PayloadOf<typeof ProgramWrote>): void {
    const kept = this.kept.get(upstreamId) ?? [];
    if (kept.some((line) => line.batch === batch)) return;
    this.kept.set(upstreamId, [...kept, ...lines.map((line) => ({ ...line, batch }))].slice(-LINES_MAX));
  }
}
