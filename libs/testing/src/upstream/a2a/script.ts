import { setTimeout as delay } from 'node:timers/promises';

/** A part of a message or an artifact, whatever version writes it. */
export type ScriptPart =
  | { readonly text: string }
  | { readonly data: unknown }
  | { readonly bytes: string; readonly mediaType: string; readonly name: string }
  | { readonly url: string; readonly mediaType: string; readonly name: string };

/** States as 0.3 spells them. */
export type ScriptState =
  | 'submitted'
  | 'working'
  | 'completed'
  | 'failed'
  | 'canceled'
  | 'rejected'
  | 'input-required'
  | 'auth-required';

/** One message to the agent. */
export interface Turn {
  readonly text: string;
  readonly data: unknown;
  readonly contextId: string;
  readonly taskId: string;
  /** The message goes on with a task that was there. */
  readonly isFollowUp: boolean;
  /** Resolves when the task is cancelled. */
  readonly cancelled: Promise<void>;
  /** Breaks the connections that wait for the agent; resolves when somebody asks about a task again. */
  breakOff(): Promise<void>;
}

/** How the agent answers, in either version. */
export interface Stage {
  say(text: string): void;
  task(state: ScriptState, text?: string): void;
  artifact(id: string, parts: readonly ScriptPart[], append?: boolean): void;
}

export interface AgentTerms {
  readonly name: string;
  readonly isStreaming: boolean;
}

/** What a turn needs of the server around it. */
export interface TurnTerms {
  ofTask(taskId: string): Pick<Turn, 'cancelled' | 'breakOff'>;
  cancel(taskId: string): void;
}

const PARTS: readonly ScriptPart[] = [
  { text: 'all kinds' },
  { data: { answer: 42 } },
  { bytes: 'aGVsbG8=', mediaType: 'text/plain', name: 'hello.txt' },
  { bytes: 'iVBORw==', mediaType: 'image/png', name: 'dot.png' },
  { url: 'https://files.example/report.pdf', mediaType: 'application/pdf', name: 'report.pdf' },
];

/** What the agent does with a message, by its first word. */
export const perform = async (turn: Turn, stage: Stage): Promise<void> => {
  const [word = '', ...rest] = turn.text.split(' ');
  if (turn.isFollowUp) {
    stage.task('working');
    stage.artifact('answer', [{ text: `You said: ${turn.text}` }]);
    return stage.task('completed');
  }
  switch (word) {
    case 'say':
      return stage.say(`in context ${turn.contextId}: ${rest.join(' ')}`);
    case 'ask':
      stage.task('submitted');
      return stage.task('input-required', 'Which size?');
    case 'auth':
      stage.task('submitted');
      return stage.task('auth-required', 'Sign in at the shop first');
    case 'reject':
      stage.task('submitted');
      return stage.task('rejected', 'Not my trade');
    case 'throw':
      throw new Error('the oven is broken');
    case 'parts':
      stage.task('submitted');
      stage.artifact('parts', PARTS);
      return stage.task('completed');
    case 'chunks':
      stage.task('submitted');
      stage.artifact('text', [{ text: 'one ' }]);
      stage.artifact('text', [{ text: 'two ' }], true);
      stage.artifact('text', [{ text: 'three' }], true);
      return stage.task('completed');
    case 'status':
      stage.task('submitted');
      return stage.task('completed', 'said in the status');
    case 'wait':
      stage.task('submitted');
      stage.task('working', 'waiting');
      await turn.cancelled;
      return stage.task('canceled');
    case 'long':
      stage.task('submitted');
      for (let step = 1; step <= 3; step++) {
        stage.task('working', `step ${step}`);
        await delay(5);
      }
      stage.artifact('answer', [{ text: 'after three steps' }]);
      return stage.task('completed');
    case 'break':
      stage.task('submitted');
      stage.task('working', 'about to break');
      await turn.breakOff();
      stage.artifact('answer', [{ text: 'after the break' }]);
      return stage.task('completed');
    default:
      stage.task('submitted');
      stage.artifact('echo', [{ text: turn.text }, ...(turn.data === undefined ? [] : [{ data: turn.data }])]);
      return stage.task('completed');
  }
};
