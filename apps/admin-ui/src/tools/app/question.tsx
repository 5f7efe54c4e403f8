import { useEffect, useRef } from 'react';
import { Notice } from '../../kit/notice.tsx';

/** Something that an app wants, and that a person decides. */
export interface Wish {
  readonly kind: 'call' | 'link';
  readonly what: string;
  readonly detail: string | null;
  readonly settle: (choice: 'once' | 'always' | 'no') => void;
}

/** Asks whether the app may. Nothing is chosen beforehand, and the focus comes only to what says so. */
export const Question = ({ wish: { kind, what, detail, settle } }: { readonly wish: Wish }) => {
  const words = useRef<HTMLDivElement>(null);
  useEffect(() => words.current?.focus(), [what]);
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
          {kind === 'call' ? (
            <>
              <button type="button" className="button" onClick={() => settle('once')}>
                Call it
              </button>
              <button type="button" className="button" onClick={() => settle('always')}>
                Call it, and do not ask again for it
              </button>
            </>
          ) : (
            <a className="button" href={what} target="_blank" rel="noopener noreferrer" onClick={() => settle('once')}>
              Open it
            </a>
          )}
          <button type="button" className="button" onClick={() => settle('no')}>
            Refuse
          </button>
        </div>
      </div>
    </Notice>
  );
};
