import type { View } from '../api/client.ts';
import { State, type Tone } from '../kit/state.tsx';

export type Change = View<'ToolChangeView'>;

const CLASSES: Readonly<Record<Change['class'], readonly [Tone, string]>> = {
  hidden_characters: ['bad', 'Hidden characters'],
  breaking: ['bad', 'Breaking'],
  text: ['warn', 'Text'],
  compatible: ['ok', 'Compatible'],
  added: ['off', 'New'],
  removed: ['off', 'Gone'],
};

const STATES: Readonly<Record<Change['state'], readonly [Tone, string]>> = {
  pending: ['warn', 'Waits for you'],
  accepted: ['ok', 'Served'],
  approved: ['ok', 'Approved'],
  kept: ['off', 'Kept as it was'],
  blocked: ['bad', 'Blocked'],
  superseded: ['off', 'Overtaken'],
};

export const ClassMark = ({ of }: { readonly of: Change['class'] }) => {
  const [tone, word] = CLASSES[of];
  return <State tone={tone}>{word}</State>;
};

export const ChangeStateMark = ({ of }: { readonly of: Change['state'] }) => {
  const [tone, word] = STATES[of];
  return <State tone={tone}>{word}</State>;
};

/** Whether there is something to decide, for the first time or anew. */
export const isOpen = ({ state }: Change): boolean => state === 'pending' || state === 'kept' || state === 'blocked';
