import type { CatalogTool, HeaderParam } from '#contracts/registry/catalog';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { fail } from '#libs/errors';
import {
  type ForwardedMethod,
  type TaskSupport,
  isObject,
  isPlainName,
  isTaskMethod,
  paramText,
  taskSupportOf,
  withMembers,
} from '#libs/mcp';
import type { ScopedCall } from '../call/index.js';
import type { ResourcePlace } from '../catalog/index.js';
import { type Seal, type TaskPlace, taskUnknown } from '../sealing/index.js';
import { findTask, requireTasks } from './tasks.js';

/** Where a call goes, and what its upstream calls it. */
export interface Target {
  readonly upstreamId: string;
  readonly target: string;
  readonly exposedName: string;
  readonly headerParams: readonly HeaderParam[];
  /** Params that are named otherwise upstream, as JSON text. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly taskSupport?: UpstreamCall['taskSupport'];
  readonly taskAfterMs?: number;
  readonly heldChange?: CatalogTool['heldChange'];
  /** Of a task: who keeps it, and which instance that is. */
  readonly kept?: TaskPlace['kept'];
  /** Of a task: what its client could do when it began. */
  readonly capabilities?: TaskPlace['capabilities'];
}

const NONE: readonly HeaderParam[] = [];
const UNCHANGED: Readonly<Record<string, string>> = {};

/** `null`: there is no such thing for this caller, and it may be that it has only just come. */
type Finder = (call: ScopedCall, seal: Seal) => Target | null;

const finders: Readonly<Record<ForwardedMethod, Finder>> = {
  'tools/call': (call) => {
    const exposedName = textParam(call, 'name');
    const tool = call.catalog.tool(exposedName, call.principal);
    if (tool === undefined) return null;
    const { upstreamId, upstreamName: target, headerParams, taskAfterMs, heldChange } = tool;
    const renamed = renaming(exposedName, target);
    const taskSupport = supportOf(tool);
    return {
      upstreamId,
      target,
      exposedName,
      headerParams,
      renamed,
      ...(taskSupport !== null && { taskSupport }),
      ...(taskAfterMs !== undefined && { taskAfterMs }),
      ...(heldChange !== undefined && { heldChange }),
    };
  },
  'prompts/get': (call) => {
    const exposedName = textParam(call, 'name');
    const prompt = call.catalog.prompt(exposedName, call.principal);
    if (prompt === undefined) return null;
    const { upstreamId, upstreamName: target } = prompt;
    return { upstreamId, target, exposedName, headerParams: NONE, renamed: renaming(exposedName, target) };
  },
  'resources/read': (call) => {
    const uri = textParam(call, 'uri');
    const place = call.catalog.resource(uri, call.principal);
    return place === undefined ? null : readingOf(uri, place);
  },
  'completion/complete': (call) => findReference(call),
  'tasks/get': (call, seal) => findTaskTarget(call, seal),
  'tasks/update': (call, seal) => findTaskTarget(call, seal),
  'tasks/cancel': (call, seal) => findTaskTarget(call, seal),
};

/** Finds the call its upstream. The catalog of a call that finds nothing may be looked at anew, once. */
export const findTarget = (call: ScopedCall, method: ForwardedMethod, seal: Seal): Target | null =>
  finders[method](call, seal);

/** What a name that leads nowhere is answered with; the same whether it is hidden or absent. */
export const notFound = (call: ScopedCall, method: ForwardedMethod) => {
  const { name, uri } = call.request.params.value;
  if (isTaskMethod(method)) return taskUnknown();
  if (method === 'resources/read') return fail('registry.resource_unknown', { data: { uri } });
  if (method === 'completion/complete')
    return fail('mcp.params_invalid', { message: 'ref names nothing that is here' });
  const code = method === 'tools/call' ? 'registry.tool_unknown' : 'registry.prompt_unknown';
  return fail(code, {
    message: `${method === 'tools/call' ? 'Unknown tool' : 'Unknown prompt'}: ${String(name).slice(0, 128)}`,
  });
};

const textParam = (call: ScopedCall, key: string): string => {
  const value = call.request.params.value[key];
  if (typeof value !== 'string' || !isPlainName(value))
    throw fail('mcp.params_invalid', { message: `${key} must be a string` });
  return value;
};

export const readingOf = (uri: string, { upstreamId, upstreamUri }: ResourcePlace): Target => ({
  upstreamId,
  target: upstreamUri,
  exposedName: uri,
  headerParams: NONE,
  renamed: uri === upstreamUri ? UNCHANGED : { uri: JSON.stringify(upstreamUri) },
});

const renaming = (exposedName: string, target: string): Readonly<Record<string, string>> =>
  exposedName === target ? UNCHANGED : { name: JSON.stringify(target) };

const supports = new WeakMap<CatalogTool, TaskSupport | null>();

const supportOf = (tool: CatalogTool): TaskSupport | null => {
  let support = supports.get(tool);
  if (support === undefined) {
    support = taskSupportOf(tool.definition);
    supports.set(tool, support);
  }
  return support;
};

const findTaskTarget = (call: ScopedCall, seal: Seal): Target | null => {
  requireTasks(call);
  const { taskId, inputResponses } = call.request.params.value;
  if (inputResponses !== undefined && !isObject(inputResponses))
    throw fail('mcp.params_invalid', { message: 'inputResponses must be an object' });
  const place = findTask(seal, call, taskId);
  if (place === null) return null;
  return {
    upstreamId: place.upstreamId,
    target: place.taskId,
    exposedName: place.tool,
    headerParams: NONE,
    renamed: { taskId: JSON.stringify(place.taskId) },
    ...(place.kept !== undefined && { kept: place.kept }),
    ...(place.capabilities !== undefined && { capabilities: place.capabilities }),
  };
};

/** Completion names a prompt or a resource template inside `ref`. */
const findReference = (call: ScopedCall): Target | null => {
  const { ref } = call.request.params.value;
  if (!isObject(ref)) throw fail('mcp.params_invalid', { message: 'ref must be an object' });
  const { type, name, uri } = ref;
  if (type === 'ref/prompt' && typeof name === 'string') {
    const prompt = call.catalog.prompt(name, call.principal);
    if (prompt === undefined) return null;
    const refText = paramText(call.request.params, 'ref') as string;
    const renamed =
      name === prompt.upstreamName
        ? UNCHANGED
        : { ref: withMembers(refText, { name: JSON.stringify(prompt.upstreamName) }) };
    return {
      upstreamId: prompt.upstreamId,
      target: prompt.upstreamName,
      exposedName: name,
      headerParams: NONE,
      renamed,
    };
  }
  if (type === 'ref/resource' && typeof uri === 'string') {
    const place = call.catalog.template(uri, call.principal) ?? call.catalog.resource(uri, call.principal);
    if (place === undefined) return null;
    const { upstreamId, upstreamUri: target } = place;
    const refText = paramText(call.request.params, 'ref') as string;
    const renamed = uri === target ? UNCHANGED : { ref: withMembers(refText, { uri: JSON.stringify(target) }) };
    return { upstreamId, target, exposedName: uri, headerParams: NONE, renamed };
  }
  throw fail('mcp.params_invalid', { message: 'ref must be of type ref/prompt or ref/resource' });
};
