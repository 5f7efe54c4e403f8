import type { AgentEvent, AgentMessage, AgentTask, Artifact } from './events.js';
import { AnswerRefused, partChars, type Part } from './parts.js';
import { A2A_LIMITS } from '../limits.js';
import { isInterrupted, isOver, type TaskState } from './vocabulary.js';

/** What has come of one message to an agent so far. */
export class Turn {
  taskId: string | undefined;
  contextId: string | undefined;
  /** Undefined: the agent answers without a task, or has not answered yet. */
  state: TaskState | undefined;
  private reply: AgentMessage | undefined;
  private said: AgentMessage | undefined;
  private history: readonly AgentMessage[] = [];
  private readonly artifacts = new Map<string, Kept>();
  private artifactChars = 0;

  /** Of all that is kept. */
  get chars(): number {
    return this.artifactChars + charsOf(this.said?.parts) + charsOf(this.reply?.parts);
  }

  /** Nothing more is to be waited for. */
  get isSettled(): boolean {
    return this.state === undefined ? this.reply !== undefined : isOver(this.state) || isInterrupted(this.state);
  }

  /** Throws `AnswerRefused` where it is about another task. */
  take(event: AgentEvent): void {
    if (event.kind === 'message') {
      this.reply = event.message;
      this.meet(event.message.taskId ?? this.taskId, event.message.contextId);
    } else if (event.kind === 'task') this.show(event.task);
    else {
      this.meet(event.taskId, event.contextId);
      if (event.kind === 'artifact') this.keep(event.artifact, event.isAppended);
      else {
        this.state = event.status.state;
        this.said = event.status.message;
      }
    }
  }

  /**
   * What the agent answered: what it made, else what it said with its state, by itself, or last. Agents put it in any of these.
   */
  get parts(): readonly Part[] {
    const interrupted = this.state !== undefined && isInterrupted(this.state);
    const made = [...this.artifacts.values()].flatMap(({ parts }) => parts);
    if (made.length > 0 && !interrupted) return made;
    const said = this.said?.parts ?? this.reply?.parts;
    if (said !== undefined && said.length > 0) return said;
    if (made.length > 0) return made;
    return this.history.findLast(({ role, parts }) => role === 'agent' && parts.length > 0)?.parts ?? [];
  }

  /** All text of `parts`. */
  get text(): string {
    return textOf(this.parts);
  }

  /** What the agent says with its state. */
  get saidText(): string {
    return textOf(this.said?.parts ?? []);
  }

  private show({ id, contextId, status, artifacts, history }: AgentTask): void {
    this.meet(id, contextId);
    this.state = status.state;
    this.said = status.message;
    this.history = history;
    if (artifacts.length > 0) {
      this.artifacts.clear();
      this.artifactChars = 0;
    }
    for (const artifact of artifacts) this.keep(artifact, false);
  }

  private meet(taskId: string | undefined, contextId: string | undefined): void {
    if (this.taskId !== undefined && taskId !== this.taskId) throw new AnswerRefused('it tells of another task');
    this.taskId = taskId;
    this.contextId = contextId ?? this.contextId;
  }

  private keep({ id, parts }: Artifact, isAppended: boolean): void {
    const known = this.artifacts.get(id);
    const before = isAppended ? known : undefined;
    const added = charsOf(parts);
    const now = { parts: joinedParts(before?.parts ?? [], parts), chars: (before?.chars ?? 0) + added };
    if (now.parts.length > A2A_LIMITS.partsMax)
      throw new AnswerRefused(`it has more than ${A2A_LIMITS.partsMax} parts`);
    this.artifacts.set(id, now);
    if (this.artifacts.size > A2A_LIMITS.artifactsMax) throw new AnswerRefused('it has too many artifacts');
    this.artifactChars += now.chars - (known?.chars ?? 0);
  }
}

interface Kept {
  readonly parts: readonly Part[];
  readonly chars: number;
}

const textOf = (parts: readonly Part[]): string =>
  parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');

const charsOf = (parts: readonly Part[] = []): number => parts.reduce((sum, part) => sum + partChars(part), 0);

/** Text that follows text goes on with it. */
const joinedParts = (before: readonly Part[], parts: readonly Part[]): readonly Part[] => {
  const last = before.at(-1);
  const [first, ...others] = parts;
  return last?.kind === 'text' && first?.kind === 'text'
    ? [...before.slice(0, -1), { kind: 'text', text: last.text + first.text }, ...others]
    : [...before, ...parts];
};
