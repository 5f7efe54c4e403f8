import { useMemo, useState } from 'react';
import { useLive } from '../api/live/live.ts';
import { type Filter, isAsked } from './filter.ts';
import { EMPTY_TAIL, type Tail, grown, held } from './tail.ts';

/** Calls of a filter as they happen. `ask`, which stays the same: what is shown is to be asked for anew. */
export const useTail = (filter: Filter, isHeld: boolean, ask: () => void): Tail => {
  const key = JSON.stringify(filter);
  const [tail, setTail] = useState({ key, tail: EMPTY_TAIL });
  const listener = useMemo(() => {
    const isOne = isAsked(JSON.parse(key) as Filter);
    return {
      calls: (calls: Parameters<typeof grown>[1], missed: number) =>
        setTail((known) => ({
          key,
          tail: grown(known.key === key ? known.tail : EMPTY_TAIL, calls.filter(isOne), missed),
        })),
      reset: () => {
        setTail({ key, tail: EMPTY_TAIL });
        ask();
      },
    };
  }, [key, ask]);
  useLive(listener);
  const known = tail.key === key ? tail.tail : EMPTY_TAIL;
  const now = held(known, isHeld);
  if (tail.key !== key || now !== known) setTail({ key, tail: now });
  return now;
};
