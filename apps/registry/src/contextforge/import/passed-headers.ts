import { UPSTREAM_AUTHORIZATION, whyNotPassed } from '#contracts/registry/passed-headers.rules';
import type { PassedHeadersSettings } from '../../gateways/passed-headers/passed-headers.js';
import { isEmpty, quoted } from '../file-entry.js';

interface ReadHeaders {
  /** Of the body. */
  readonly members: { readonly passthroughHeaders?: readonly string[] };
  readonly notes: readonly string[];
}

/** ContextForge shows an upstream the token of its own callers, if it is told to; here they send another for it. */
const renamed = (name: string): string => (name.toLowerCase() === 'authorization' ? UPSTREAM_AUTHORIZATION : name);

/** The headers of clients that a gateway of the file passes on, as far as that is done here. */
export const readPassedHeaders = (given: unknown, { isEnabled }: PassedHeadersSettings): ReadHeaders => {
  if (isEmpty(given)) return { members: {}, notes: [] };
  if (!isEnabled) {
    const note = `its passthrough_headers are not taken over, as ENABLE_HEADER_PASSTHROUGH is off: ${quoted(given)} do not reach it`;
    return { members: {}, notes: [note] };
  }
  const names = [given].flat().filter((name): name is string => typeof name === 'string');
  const passed = Map.groupBy(names.map(renamed), (name) => name.toLowerCase());
  const wanted = [...passed.values()].map(([name]) => name as string);
  const kept = wanted.filter((name) => whyNotPassed(name) === null);
  const others = wanted.filter((name) => !kept.includes(name));
  return {
    members: { passthroughHeaders: kept },
    notes: [
      ...(names.some((name) => name !== renamed(name))
        ? ['the Authorization of its callers does not reach it: what they send as X-Upstream-Authorization does']
        : []),
      ...others.map((name) => `the header ${quoted(name)} is never passed on`),
    ],
  };
};
