import { useEffect, useRef, useState } from 'react';
import { Notice } from '../../kit/notice.tsx';

/** Something that an app wants, and that a person decides. */
export interface Wish {
  /** Tells one from the next, which may be of the same words. */
  readonly id: number;
  readonly kind: 'call' | 'link';
  readonly what: string;
  readonly detail: string | null;
  readonly settle: (choice: 'once' | 'always' | 'no') => void;
}

/** A click or a key that was meant for what stood there before is not an answer. */
const READ_AFTER_MS = 700;

/**
 * Asks whether the app may, each wish in a question of its own (`key`). Nothing is chosen beforehand, the focus comes only
 * to what says so, and there is no answer before a person can have seen what is asked.
 */
export const Question = ({ wish: { kind, what, detail, settle } }: { readonly wish: Wish }) => {
  const words = useRef<HTMLDivElement>(null);
  const [isReadable, setIsReadable] = useState(false);
  useEffect(() => {
    words.current?.focus();
    const timer = setTimeout(() => setIsReadable(true), READ_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const choice = (label: string, settled: 'once' | 'always' | 'no') => (
    <button type="button" className="button" disabled={!isReadable} onClick={() => settle(settled)}>
      {label}
    </button>
  );
  return (
    <Notice tone="warn">
      <div className="stack" role="group" aria-label="The app asks" tabIndex={-1} ref={words}>
        <p>
          {kind === 'call' ? 'The app wants to call ' : 'The app wants to open '}
          <strong className="about">{what}</strong>
          {kind === 'call' ? ', as you, with' : ', in another tab.'}
        </p>
        {detail !== null && <pre tabIndex={0}>{detail}</pre>}
        <div className="row">
          {kind === 'call' && choice('Call it', 'once')}
          {kind === 'call' && choice('Call it, and do not ask again for it', 'always')}
          {kind === 'link' && !isReadable && choice('Open it', 'no')}
          {kind === 'link' && isReadable && (
            <a className="button" href={what} target="_blank" rel="noopener noreferrer" onClick={() => settle('once')}>
              Open it
            </a>
          )}
          {choice('Refuse', 'no')}
        </div>
      </div>
    </Notice>
  );
};
