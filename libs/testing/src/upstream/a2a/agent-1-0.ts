import {
  type AgentCard,
  type Artifact,
  type Message,
  type Part,
  Role,
  type Task,
  TaskState,
  type TaskStatus,
} from '@a2a-js/sdk';
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { agentCardHandler, jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import type { RequestHandler } from 'express';
import { type AgentTerms, perform, type ScriptPart, type ScriptState, type Stage, type TurnTerms } from './script.js';

const STATES: Readonly<Record<ScriptState, TaskState>> = {
  submitted: TaskState.TASK_STATE_SUBMITTED,
  working: TaskState.TASK_STATE_WORKING,
  completed: TaskState.TASK_STATE_COMPLETED,
  failed: TaskState.TASK_STATE_FAILED,
  canceled: TaskState.TASK_STATE_CANCELED,
  rejected: TaskState.TASK_STATE_REJECTED,
  'input-required': TaskState.TASK_STATE_INPUT_REQUIRED,
  'auth-required': TaskState.TASK_STATE_AUTH_REQUIRED,
};

/** An agent of `@a2a-js/sdk` 1.3.0, which speaks 1.0 alone. */
export const agentOf10 = (
  url: string,
  { name, isStreaming }: AgentTerms,
  turns: TurnTerms,
): readonly RequestHandler[] => {
  const card: AgentCard = {
    name,
    description: 'Bakes what it is told',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', tenant: '', protocolVersion: '1.0' }],
    provider: undefined,
    version: '1.2.3',
    capabilities: { streaming: isStreaming, pushNotifications: false, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        id: 'bake',
        name: 'Baking',
        description: 'Bread and cake',
        tags: ['food'],
        examples: ['bake a loaf'],
        inputModes: [],
        outputModes: [],
        securityRequirements: [],
      },
    ],
    signatures: [],
  };
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), new Executor(turns));
  const userBuilder = UserBuilder.noAuthentication;
  return [agentCardHandler({ agentCardProvider: handler }), jsonRpcHandler({ requestHandler: handler, userBuilder })];
};

class Executor implements AgentExecutor {
  constructor(private readonly turns: TurnTerms) {}

  async execute({ userMessage, taskId, contextId, task }: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const contents = userMessage.parts.map(({ content }) => content);
    const text = contents.map((content) => (content?.$case === 'text' ? content.value : '')).join('');
    const data = contents.find((content) => content?.$case === 'data')?.value as unknown;
    const turn = { text, data, contextId, taskId, isFollowUp: task !== undefined, ...this.turns.ofTask(taskId) };
    await perform(turn, stageOn(bus, taskId, contextId, task));
    bus.finished();
  }

  async cancelTask(taskId: string): Promise<void> {
    this.turns.cancel(taskId);
  }
}

const stageOn = (bus: ExecutionEventBus, taskId: string, contextId: string, before: Task | undefined): Stage => {
  let hasBegun = false;
  const message = (text: string): Message => ({
    messageId: crypto.randomUUID(),
    contextId,
    taskId,
    role: Role.ROLE_AGENT,
    parts: [partOf({ text })],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  });
  const statusOf = (state: ScriptState, text?: string): TaskStatus => ({
    state: STATES[state],
    message: text === undefined ? undefined : message(text),
    timestamp: new Date().toISOString(),
  });
  return {
    say: (text) => bus.publish(AgentEvent.message({ ...message(text), taskId: '' })),
    task: (state, text) => {
      const status = statusOf(state, text);
      if (hasBegun) bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }));
      else {
        const task: Task = {
          id: taskId,
          contextId,
          status,
          artifacts: [],
          history: before?.history ?? [],
          metadata: undefined,
        };
        bus.publish(AgentEvent.task(task));
      }
      hasBegun = true;
    },
    artifact: (artifactId, parts, append = false) => {
      const artifact: Artifact = {
        artifactId,
        name: '',
        description: '',
        parts: parts.map(partOf),
        metadata: undefined,
        extensions: [],
      };
      bus.publish(
        AgentEvent.artifactUpdate({ taskId, contextId, artifact, append, lastChunk: false, metadata: undefined }),
      );
    },
  };
};

const partOf = (part: ScriptPart): Part => {
  const rest = { metadata: undefined, filename: '', mediaType: '' };
  if ('text' in part) return { ...rest, content: { $case: 'text', value: part.text } };
  if ('data' in part) return { ...rest, content: { $case: 'data', value: part.data } };
  const { mediaType, name: filename } = part;
  return 'bytes' in part
    ? { ...rest, mediaType, filename, content: { $case: 'raw', value: Buffer.from(part.bytes, 'base64') } }
    : { ...rest, mediaType, filename, content: { $case: 'url', value: part.url } };
};
