import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { FailureNotice, Notice } from './notice.tsx';
import { count } from './text.tsx';

/** Which rows of a table are chosen. */
export interface Selection {
  /** Of those that are shown. */
  readonly chosen: readonly string[];
  readonly isChosen: (id: string) => boolean;
  readonly put: (ids: readonly string[], isChosen: boolean) => void;
}

/** What is no longer shown is not chosen: nothing is done to what nobody sees. */
export const useSelection = (shown: readonly string[]): Selection => {
  const [kept, setKept] = useState<ReadonlySet<string>>(new Set());
  return {
    chosen: shown.filter((id) => kept.has(id)),
    isChosen: (id) => kept.has(id),
    put: (ids, isChosen) =>
      setKept((before) => {
        const next = new Set(before);
        for (const id of ids)
          if (isChosen) next.add(id);
          else next.delete(id);
        return next;
      }),
  };
};

const AT_ONCE = 4;

/** Does the same to each of several, a few at a time, and goes on where one fails. */
export const useBulk = <Action,>(act: (id: string, action: Action) => Promise<unknown>) => {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ ids, action }: { readonly ids: readonly string[]; readonly action: Action }) => {
      const waiting = [...ids];
      const failures: unknown[] = [];
      const work = async (): Promise<void> => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
          await act(id, action).catch((error: unknown) => failures.push(error));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return { done: ids.length - failures.length, failures };
    },
    onSettled: () => queries.invalidateQueries(),
  });
};

/** A row is chosen by it; it stands before what the row is called. */
export const ChooseRow = ({
  id,
  name,
  selection,
  isDisabled = false,
}: {
  readonly id: string;
  readonly name: string;
  readonly selection: Selection;
  readonly isDisabled?: boolean;
}) => (
  <input
    type="checkbox"
    aria-label={`Choose ${name}`}
    disabled={isDisabled}
    checked={selection.isChosen(id)}
    onChange={({ target }) => selection.put([id], target.checked)}
  />
);

/** What can be done to those that are chosen, and what came of it. */
export const BulkBar = ({
  ids,
  noun,
  selection,
  result,
  children,
}: {
  /** All that can be chosen. */
  readonly ids: readonly string[];
  readonly noun: string;
  readonly selection: Selection;
  readonly result: { readonly done: number; readonly failures: readonly unknown[] } | undefined;
  readonly children: ReactNode;
}) => {
  const { chosen, put } = selection;
  const isAll = chosen.length === ids.length && ids.length > 0;
  return (
    <>
      <div className="row" role="group" aria-label={`Chosen ${noun}s`}>
        <label className="check">
          <input
            type="checkbox"
            checked={isAll}
            disabled={ids.length === 0}
            onChange={({ target }) => put(ids, target.checked)}
          />
          Choose all {ids.length} shown
        </label>
        {chosen.length > 0 && (
          <>
            <span className="quiet">{count(chosen.length, noun)} chosen</span>
            {children}
          </>
        )}
      </div>
      {result !== undefined && result.failures.length === 0 && (
        <p role="status">Done, for {count(result.done, noun)}.</p>
      )}
      {result !== undefined && result.failures.length > 0 && (
        <>
          <Notice tone="warn">
            Done for {count(result.done, noun)}, not for {result.failures.length}:
          </Notice>
          <FailureNotice error={result.failures[0]} />
        </>
      )}
    </>
  );
};
