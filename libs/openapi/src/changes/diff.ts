import type { HttpTool } from '../tools/tool.js';
import { type Change, worst } from './change.js';
import { schemaChanges } from './schema-changes.js';

/** A tool that is new, gone, or another than before; then with at most 20 reasons. */
export type ToolChange =
  | { readonly key: string; readonly name: string; readonly kind: 'added' | 'removed' }
  | { readonly key: string; readonly name: string; readonly kind: Change; readonly reasons: readonly string[] };

/** What a tool is compared by. */
export type Comparable = Pick<
  HttpTool,
  'key' | 'name' | 'description' | 'title' | 'inputSchema' | 'argumentsSchema' | 'binding' | 'deprecated'
>;

const REASONS_MAX = 20;

/**
 * What changed between two readings, tool by tool. `breaking`: a call that worked may no longer; `compatible`: the same
 * calls work; `text`: only words changed. Tools that are the same do not appear.
 */
export const diffTools = (before: readonly Comparable[], after: readonly Comparable[]): ToolChange[] => {
  const old = new Map(before.map((tool) => [tool.key, tool]));
  const changes: ToolChange[] = [];
  for (const tool of after) {
    const was = old.get(tool.key);
    old.delete(tool.key);
    if (was === undefined) changes.push({ key: tool.key, name: tool.name, kind: 'added' });
    else changes.push(...changed(was, tool));
  }
  for (const { key, name } of old.values()) changes.push({ key, name, kind: 'removed' });
  return changes;
};

const changed = (before: Comparable, after: Comparable): ToolChange[] => {
  const found = [
    ...schemaChanges(before.argumentsSchema ?? before.inputSchema, after.argumentsSchema ?? after.inputSchema),
    ...bindingChanges(before, after),
    ...wordChanges(before, after),
  ];
  if (found.length === 0) return [];
  const kind = worst(found.map((change) => change.kind));
  const reasons = [...new Set(found.filter((change) => change.kind === kind).map((change) => change.reason))];
  return [{ key: after.key, name: after.name, kind, reasons: reasons.slice(0, REASONS_MAX) }];
};

/** How a request is written; callers do not see it, the server does. */
const bindingChanges = (before: Comparable, after: Comparable) => {
  const { security: oldSecurity, ...old } = before.binding;
  const { security, ...now } = after.binding;
  const changes: { kind: Change; reason: string }[] = [];
  if (JSON.stringify(old) !== JSON.stringify(now))
    changes.push({ kind: 'compatible', reason: 'the request is written differently' });
  if (JSON.stringify(oldSecurity) !== JSON.stringify(security)) {
    changes.push({ kind: 'breaking', reason: 'another credential is asked for' });
  }
  if (old.baseUrl !== now.baseUrl) changes.push({ kind: 'breaking', reason: 'another server is called' });
  return changes;
};

const wordChanges = (before: Comparable, after: Comparable) => {
  const isSame =
    before.description === after.description &&
    before.title === after.title &&
    before.deprecated === after.deprecated &&
    JSON.stringify(before.inputSchema) === JSON.stringify(after.inputSchema);
  return isSame ? [] : [{ kind: 'text' as const, reason: 'its words changed' }];
};
