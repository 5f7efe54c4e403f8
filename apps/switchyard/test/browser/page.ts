import type { Target } from '../parties/party.js';
import { sdkV1 } from '../parties/sdk-v1-http.js';
import { sdkV2 } from '../parties/sdk-v2.js';

/** What a page's client saw. */
export interface Visit {
  readonly revision: string | undefined;
  readonly tools: readonly string[];
  readonly sum: string;
  readonly elicited: string;
}

const joins = { v1: sdkV1, legacy: sdkV2('legacy'), auto: sdkV2('auto'), modern: sdkV2('modern') } as const;

/** Runs in a web page: connects, lists, calls a tool and one that asks. */
const visit = async (client: keyof typeof joins, target: Target): Promise<Visit> => {
  const party = await joins[client](target);
  const tools = await party.listTools();
  const sum = await party.callTool('everything-get-sum', { a: 2, b: 3 });
  const elicited = await party.callTool('everything-trigger-elicitation-request', {});
  await party.close();
  return { revision: party.revision, tools, sum, elicited };
};

Object.assign(globalThis, { visit });
