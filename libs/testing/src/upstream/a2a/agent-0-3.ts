import type { AgentCard, Message, Part, Task, TaskStatus } from 'a2a-sdk-0-3';
import {
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from 'a2a-sdk-0-3/server';
import { agentCardHandler, jsonRpcHandler, UserBuilder } from 'a2a-sdk-0-3/server/express';
import type { RequestHandler } from 'express';
import { type AgentTerms, perform, type ScriptPart, type ScriptState, type Stage, type TurnTerms } from './script.js';

/** An agent of `@a2a-js/sdk` 0.3.13. */
export const agentOf03 = (
  url: string,
  { name, isStreaming }: AgentTerms,
  turns: TurnTerms,
): readonly RequestHandler[] => {
  const card: AgentCard = {
    name,
    description: 'Bakes what it is told',
    url,
    protocolVersion: '0.3.0',
    preferredTransport: 'JSONRPC',
    version: '1.2.3',
    capabilities: { streaming: isStreaming, pushNotifications: false },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 'bake', name: 'Baking', description: 'Bread and cake', tags: ['food'], examples: ['bake a loaf'] }],
  };
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), new Executor(turns));
  const userBuilder = UserBuilder.noAuthentication;
  return [agentCardHandler({ agentCardProvider: handler }), jsonRpcHandler({ requestHandler: handler, userBuilder })];
};

class Executor implements AgentExecutor {
  constructor(private readonly turns: TurnTerms) {}

  execute = async ({ userMessage, taskId, contextId, task }: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const text = userMessage.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
    const data = userMessage.parts.find((part) => part.kind === 'data')?.data as unknown;
    const turn = { text, data, contextId, taskId, isFollowUp: task !== undefined, ...this.turns.ofTask(taskId) };
    await perform(turn, stageOn(bus, taskId, contextId, task));
    bus.finished();
  };

  cancelTask = async (taskId: string): Promise<void> => {
    this.turns.cancel(taskId);
  };
}

const OVER: readonly ScriptState[] = ['completed', 'failed', 'canceled', 'rejected', 'input-required', 'auth-required'];

const stageOn = (bus: ExecutionEventBus, taskId: string, contextId: string, before: Task | undefined): Stage => {
  let hasBegun = before !== undefined;
  const message = (text: string): Message => ({
    kind: 'message',
    messageId: crypto.randomUUID(),
    contextId,
    role: 'agent',
    parts: [{ kind: 'text', text }],
  });
  return {
    say: (text) => bus.publish(message(text)),
    task: (state, text) => {
      const said = text === undefined ? {} : { message: { ...message(text), taskId } };
      const status: TaskStatus = { state, ...said, timestamp: new Date().toISOString() };
      if (hasBegun) bus.publish({ kind: 'status-update', taskId, contextId, status, final: OVER.includes(state) });
      else bus.publish({ kind: 'task', id: taskId, contextId, status });
      hasBegun = true;
    },
    artifact: (artifactId, parts, append = false) =>
      bus.publish({
        kind: 'artifact-update',
        taskId,
        contextId,
        artifact: { artifactId, parts: parts.map(partOf) },
        append,
        lastChunk: false,
      }),
  };
};

const partOf = (part: ScriptPart): Part => {
  if ('text' in part) return { kind: 'text', text: part.text };
  if ('data' in part) return { kind: 'data', data: part.data as Record<string, unknown> };
  const { mediaType: mimeType, name } = part;
  return {
    kind: 'file',
    file: 'bytes' in part ? { bytes: part.bytes, mimeType, name } : { uri: part.url, mimeType, name },
  };
};
