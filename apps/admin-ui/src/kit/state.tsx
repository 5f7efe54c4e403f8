import type { ReactNode } from 'react';

export type Tone = 'ok' | 'warn' | 'bad' | 'off';

/** A shape for each tone, so that nothing is said by colour alone. */
const SHAPES: Readonly<Record<Tone, ReactNode>> = {
  ok: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  warn: <path d="M6 1.2 11.2 10.6H.8Z" fill="currentColor" />,
  bad: <rect x="2" y="2" width="8" height="8" transform="rotate(45 6 6)" fill="currentColor" />,
  off: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" />,
};

export const Mark = ({ tone }: { readonly tone: Tone }) => (
  <svg className={`mark ${tone}`} width="10" height="10" viewBox="0 0 12 12" aria-hidden="true">
    {SHAPES[tone]}
  </svg>
);

/** A state in a word, with its mark. */
export const State = ({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) => (
  <span className={`state ${tone}`}>
    <Mark tone={tone} />
    {children}
  </span>
);
