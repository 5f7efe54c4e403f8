import { answersIn, ParamsRefused, type Part } from '#libs/a2a';
import { isObject } from '#libs/mcp';
import type { PendingCall } from './task-store.js';

/** The call of a tool that a message asks for: the first time, or again with what it asked for. */
export interface ToolCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly inputResponses?: Readonly<Record<string, unknown>>;
  readonly requestState?: string | null;
}

/** A data part names the tool and has its arguments; null: none does. Throws `ParamsRefused`. */
export const toolCallIn = (parts: readonly Part[]): ToolCall | null => {
  const data = parts.map((part) => (part.kind === 'data' ? part.data : undefined)).find(isObject);
  if (data === undefined) return null;
  const { tool, arguments: args = {} } = data;
  if (typeof tool !== 'string' || tool === '') throw new ParamsRefused('the data part has no "tool"');
  if (!isObject(args)) throw new ParamsRefused('"arguments" of the data part are no object');
  return { tool, arguments: args };
};

/** Goes on with a call that asked something; null: the message answers none of it. */
export const continuedCall = (pending: PendingCall, parts: readonly Part[]): ToolCall | null => {
  const inputResponses = answersIn(parts, pending.questions);
  if (inputResponses === null) return null;
  const { tool, arguments: args, requestState } = pending;
  return { tool, arguments: args, inputResponses, requestState };
};
