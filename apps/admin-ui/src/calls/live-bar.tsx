import { useEffect } from 'react';
import { useLiveStatus } from '../api/live/live.ts';
import { State } from '../kit/state.tsx';
import { count } from '../kit/text.tsx';
import type { Tail } from './tail.ts';

interface Properties {
  readonly tail: Tail;
  readonly isPaused: boolean;
  readonly onPause: (isPaused: boolean) => void;
  /** Shows what has come meanwhile. */
  readonly onCatchUp: () => void;
  readonly onAskAnew: () => void;
}

/** Whether calls come by themselves, what waits, and what was too much to be shown. */
export const LiveBar = ({ tail, isPaused, onPause, onCatchUp, onAskAnew }: Properties) => {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (
        event.key !== ' ' ||
        (event.target !== document.body && !(event.target instanceof HTMLElement && event.target.matches('main')))
      )
        return;
      event.preventDefault();
      onPause(!isPaused);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [isPaused, onPause]);
  return (
    <div className="row apart live">
      <div className="row">
        <span role="status">
          <Mode isPaused={isPaused} />
        </span>
        <button type="button" className="button" aria-keyshortcuts="Space" onClick={() => onPause(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
        {tail.waiting > 0 && (
          <button type="button" className="button primary" onClick={onCatchUp}>
            {`Show ${tail.waiting.toLocaleString('en')} new`}
          </button>
        )}
      </div>
      {tail.missed > 0 && (
        <p className="row quiet small">
          {count(tail.missed, 'call')} came faster than they are shown.
          <button type="button" className="button" onClick={onAskAnew}>
            Ask for them
          </button>
        </p>
      )}
    </div>
  );
};

const Mode = ({ isPaused }: { readonly isPaused: boolean }) => {
  const { kind } = useLiveStatus();
  if (isPaused) return <State tone="off">Paused</State>;
  if (kind === 'live') return <State tone="ok">Live</State>;
  return <State tone="warn">{kind === 'refused' ? 'Every 10 s' : 'Not live'}</State>;
};
