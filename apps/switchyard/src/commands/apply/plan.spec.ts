import { describe, expect, it } from 'vitest';
import { AdminApi, type ImportRequest, type Imported } from '../../gateway/admin-api.js';
import { Rest } from '../../gateway/rest.js';
import { CommandFailure } from '../../terminal/failure.js';
import type { ApplyType } from './members-known.js';
import { carryOut, planFor } from './plan.js';
import { hiding } from './plan-text.js';
import type { WantedEntry } from './read-folder.js';

/** A gateway that makes all it is told, and falls silent at a type once it is not a dry run. */
class Gateway extends AdminApi {
  readonly asked: ImportRequest[] = [];

  constructor(private readonly silentAt = '') {
    super(new Rest('http://127.0.0.1:1', 't'));
  }

  override importEntries(request: ImportRequest): Promise<Imported> {
    this.asked.push(request);
    const [[type, entries] = ['', []]] = Object.entries(request.import_data.entities);
    if (!request.dry_run && type === this.silentAt) return Promise.reject(new CommandFailure('it does not answer'));
    return Promise.resolve({
      results: entries.map(() => ({ type, name: '', outcome: 'created' as const, notes: [] })),
    });
  }
}

const wanted = (type: ApplyType, name: string, more: object = {}): WantedEntry => {
  const entry = { name, ...more };
  return { type, name, file: 'f', place: `${type}[0]`, written: entry, entry };
};
const TERMS = { set: 'default', givesCredentials: false };

describe('the plan of apply', () => {
  it('the gateway is told the set and gets no tag of it when entries are sent', async () => {
    const gateway = new Gateway();
    await planFor(gateway, [wanted('prompts', 'a', { tags: ['mine'] })], new Map(), TERMS);
    expect(gateway.asked).toMatchObject([
      { apply_set: 'default', import_data: { entities: { prompts: [{ name: 'a', tags: ['mine'] }] } } },
    ]);
  });

  it('resources are both sent when they share a name', async () => {
    const gateway = new Gateway();
    const two = ['doc://1', 'doc://2'].map((uri) => wanted('resources', uri, { name: 'n', uri }));
    const { entries } = await planFor(gateway, two, new Map(), TERMS);
    expect(entries.map(({ outcome }) => outcome)).toEqual(['created', 'created']);
  });

  it('what is done is reported before what fails, and the rest as failed, when the gateway falls silent', async () => {
    const gateway = new Gateway('prompts');
    const all = [wanted('gateways', 'g'), wanted('prompts', 'p'), wanted('servers', 's')];
    const plan = await planFor(gateway, all, new Map(), TERMS);
    const lines: string[] = [];
    const done = carryOut(gateway, plan, TERMS, ({ name }, { outcome, notes }) =>
      lines.push([name, outcome, ...notes].join(' ')),
    );
    await expect(done).rejects.toThrow('it does not answer');
    expect(lines).toEqual(['g created', 'p failed the gateway did not answer for it', 's failed not reached']);
  });
});

describe('hiding what is from the environment', () => {
  const reference = '${ENV:KEY}';
  const hide = (value: string) => hiding([wanted('prompts', 'a', { template: reference })], { KEY: value });

  it.each(['say "hello"', 'back\\slash', 'two\nlines'])('a value is hidden also within JSON, %#', (value) => {
    expect(hide(value)(`${value} and ${JSON.stringify({ value })}`)).toBe(`${reference} and {"value":"${reference}"}`);
  });

  it('the beginning of a value is hidden when it is cut off', () => {
    const value = 'k-3f9a'.repeat(20);
    expect(hide(value)(`its transport "${value.slice(0, 63)} is none`)).toBe(`its transport "${reference}… is none`);
  });
});
