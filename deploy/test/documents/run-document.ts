import type { Gateway } from '#libs/testing';
import {
  checkDocument,
  previewDocument,
  registerDocument,
  startDocumentServer,
} from '../../../apps/switchyard/test/documents/import-document.js';
import type { KnownDocument } from '../../../apps/switchyard/test/documents/known-documents.js';
import { costOf } from '../../../bench/subject/process-cost.js';

const SAMPLE_MS = 20;

export const mib = (bytes: number): number => Math.round(bytes / 1_048_576);

/** What came of a document. */
export interface Row {
  readonly document: string;
  readonly operations: number;
  readonly names: number;
  readonly off: number;
  readonly skipped: readonly { readonly reason: string }[];
  readonly cpuMs: number;
  readonly memoryMib: number;
  readonly faults: readonly string[];
}

const NOTHING = { operations: 0, names: 0, off: 0, skipped: [], cpuMs: 0, memoryMib: 0 };

const pidsOf = ({ processes }: Gateway): number[] => processes.map(({ server }) => server.pid);

/** What the gateway uses of the machine while something goes on, and the most memory that it has beyond what it had. */
const measured = async <T>(gateway: Gateway, act: () => Promise<T>) => {
  const before = costOf(pidsOf(gateway));
  let most = before.gatewayRssBytes;
  const sampling = setInterval(() => {
    most = Math.max(most, costOf(pidsOf(gateway)).gatewayRssBytes);
  }, SAMPLE_MS);
  try {
    const value = await act();
    const { gatewayCpuMs } = costOf(pidsOf(gateway));
    return { value, cpuMs: gatewayCpuMs - before.gatewayCpuMs, rssBytes: most - before.gatewayRssBytes };
  } finally {
    clearInterval(sampling);
  }
};

/** Its own server, so that nothing of the one before is kept; the gateway forgets it afterwards. */
export const runDocument = async (gateway: Gateway, known: KnownDocument, text: string): Promise<Row> => {
  const { name, cpuMsMax = Infinity, rssBytesMax = Infinity } = known;
  const server = await startDocumentServer(text);
  try {
    const source = { name, documentUrl: server.url, ...(known.serverUrl && { serverUrl: known.serverUrl }) };
    const preview = known.isPreviewed ? await previewDocument(gateway, source) : undefined;
    const { value, cpuMs, rssBytes } = await measured(gateway, () => registerDocument(gateway, source));
    try {
      const { names, off, skipped, faults } = await checkDocument(gateway, value, preview);
      const tooMuch = [
        ...(cpuMs > cpuMsMax ? [`it took ${cpuMs} ms of CPU, more than ${cpuMsMax}`] : []),
        ...(rssBytes > rssBytesMax ? [`it took ${mib(rssBytes)} MiB, more than ${mib(rssBytesMax)}`] : []),
      ];
      return {
        document: name,
        operations: names.length + off.length + skipped.length,
        names: names.length,
        off: off.length,
        skipped,
        cpuMs,
        memoryMib: mib(rssBytes),
        faults: [...faults, ...tooMuch],
      };
    } finally {
      await gateway.admin.call('DELETE', `/gateways/${value.id}`);
    }
  } catch (error) {
    return { ...NOTHING, document: name, faults: [String(error).slice(0, 500)] };
  } finally {
    await server.stop();
  }
};

/** Reasons, and how often each. */
export const summaryOf = (skipped: Row['skipped']): string =>
  [...Map.groupBy(skipped, ({ reason }) => reason.replaceAll(/"[^"]*"|#\/\S+/g, '…').slice(0, 100))]
    .map(([reason, of]) => `${of.length} × ${reason}`)
    .join('; ');
