import { describe, expect, it } from 'vitest';
import { AdminApi, type ImportRequest, type Imported } from '../../../gateway/admin-api.js';
import { Rest } from '../../../gateway/rest.js';
import { importExport } from './import-export.js';
import { partsOf } from './parts.js';

/** A gateway that creates what it is told, but for what is called "bad". */
class Gateway extends AdminApi {
  readonly asked: ImportRequest[] = [];

  constructor() {
    super(new Rest('http://127.0.0.1:1', 't'));
  }

  override importEntries(request: ImportRequest): Promise<Imported> {
    this.asked.push(request);
    const results = Object.entries(request.import_data.entities).flatMap(([type, entries]) =>
      entries.map((entry) => {
        const { name } = entry as { name: string };
        return name === 'bad'
          ? { type, name, outcome: 'failed' as const, notes: ['no'] }
          : { type, name, outcome: 'created' as const, notes: [] };
      }),
    );
    return Promise.resolve({ results });
  }
}

const bring = async (entities: unknown, settings: { isDryRun?: boolean; strategy?: string } = {}) => {
  const gateway = new Gateway();
  const lines: string[] = [];
  const failed = await importExport(
    gateway,
    { entities },
    { isDryRun: false, strategy: 'update', ...settings, print: (line) => lines.push(line) },
  );
  return { asked: gateway.asked, lines, failed };
};
const named = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ name: `n${n}`, ...more }));

describe('switchyard import contextforge', () => {
  it('a file is sent gateways first and servers last of what is made, eight gateways at a time', async () => {
    const { asked } = await bring({ prompts: named(1), servers: named(1), tools: named(201), gateways: named(9) });
    const sent = asked.flatMap(({ import_data }) =>
      Object.entries(import_data.entities).map(([type, { length }]) => `${type} ${length}`),
    );
    expect(sent).toEqual(['gateways 8', 'gateways 1', 'tools 200', 'tools 1', 'prompts 1', 'servers 1']);
  });

  it('a file of many bytes is sent in requests that the gateway takes', () => {
    const { parts } = partsOf({ tools: named(10, { description: 'x'.repeat(200_000) }) });
    expect(parts.map(({ entries }) => entries.length)).toEqual([3, 3, 3, 1]);
  });

  it('each entry is told with its outcome, and one of a name that stood before as left out', async () => {
    const { lines, failed } = await bring({ tools: [{ name: 'a' }, { name: 'bad' }, { name: 'a' }] });
    expect(failed).toBe(1);
    expect(lines).toEqual([
      '  tools "a"  created',
      '  tools "bad"  failed: no',
      '  tools "a"  left out: another one of the file has its name',
    ]);
    expect((await bring({ tools: [{ name: 'a' }] }, { isDryRun: true })).lines).toEqual([
      '  tools "a"  would be created',
    ]);
  });

  it('all parts are tried before the first is made when a taken name is to fail', async () => {
    const { asked } = await bring({ gateways: named(1), tools: named(1) }, { strategy: 'fail' });
    expect(asked.map(({ dry_run }) => dry_run)).toEqual([true, true, false, false]);
  });

  it.each([
    [null, 'no export of ContextForge'],
    [{ tools: 3 }, 'tools that are not a list'],
    [{ tools: [{ description: 'x'.repeat(800_000) }] }, 'of more than 786432 bytes'],
  ])('a file is refused with a sentence when it cannot be sent, %#', async (entities, problem) => {
    await expect(bring(entities)).rejects.toThrow(problem);
  });
});
