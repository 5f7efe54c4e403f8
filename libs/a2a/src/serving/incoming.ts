import { asObject, isObject } from '#libs/mcp';
import { A2A_LIMITS } from '../limits.js';
import { AnswerRefused, decodeParts, type Part } from '../protocol/parts.js';
import { type A2aOperation, A2A_VERSIONS, type A2aVersion, METHODS } from '../protocol/vocabulary.js';

/** A message of a client. */
export interface IncomingMessage {
  readonly parts: readonly Part[];
  readonly contextId: string | undefined;
  readonly taskId: string | undefined;
  /** The client does not wait: it is told of the task at once. */
  readonly returnsAtOnce: boolean;
  /** The client wants to be told at a URL of its own. */
  readonly wantsPush: boolean;
}

/** Params that are not of their method. The message is for whoever wrote the client. */
export class ParamsRefused extends Error {
  override readonly name = 'ParamsRefused';
}

type Json = Readonly<Record<string, unknown>>;

/** The version that a request is of, by its header; null: one that is not spoken. None: 0.3. */
export const versionIn = (header: string | undefined): A2aVersion | null => {
  if (header === undefined || header.trim() === '') return '0.3';
  const [, named] = /^\s*(\d+\.\d+)(?:\.\d+)?\s*$/.exec(header) ?? [];
  return A2A_VERSIONS.find((version) => version === named) ?? null;
};

/** What a method asks for in a version; null: the version has no such method. */
export const operationOf = (method: string, version: A2aVersion): A2aOperation | null => {
  const operations = Object.keys(METHODS) as A2aOperation[];
  return operations.find((operation) => METHODS[operation][version] === method) ?? null;
};

/** Throws `ParamsRefused`. */
export const incomingMessage = (params: Json, version: A2aVersion): IncomingMessage => {
  const { message, configuration } = params;
  if (!isObject(message)) throw new ParamsRefused('message is missing');
  const { returnImmediately, blocking, taskPushNotificationConfig, pushNotificationConfig } = asObject(configuration);
  const parts = partsOf(message.parts);
  if (parts.length === 0) throw new ParamsRefused('message.parts is empty');
  return {
    parts,
    contextId: idOf(message.contextId, 'message.contextId'),
    taskId: idOf(message.taskId, 'message.taskId'),
    wantsPush: Boolean(taskPushNotificationConfig ?? pushNotificationConfig),
    returnsAtOnce: version === '1.0' ? returnImmediately === true : blocking === false,
  };
};

/** The id of a task that a request is about. Throws `ParamsRefused`. */
export const taskIdIn = ({ id }: Json): string => {
  const known = idOf(id, 'id');
  if (known === undefined) throw new ParamsRefused('id is missing');
  return known;
};

const partsOf = (parts: unknown): Part[] => {
  try {
    return decodeParts(parts);
  } catch (error) {
    if (error instanceof AnswerRefused) throw new ParamsRefused(`message.parts: ${error.message}`);
    throw error;
  }
};

const idOf = (id: unknown, name: string): string | undefined => {
  if (id === undefined || id === null || id === '') return undefined;
  if (typeof id !== 'string' || id.length > A2A_LIMITS.idCharsMax) throw new ParamsRefused(`${name} is no id`);
  return id;
};
