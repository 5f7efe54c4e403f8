import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { FailureNotice } from './notice.tsx';
import { count } from './text.tsx';

/** Which rows of a table are chosen, and what came of what was done to them last. */
export interface Selection {
  /** Of those that are shown. */
  readonly chosen: readonly string[];
  readonly isChosen: (id: string) => boolean;
  readonly put: (ids: readonly string[], isChosen: boolean) => void;
  /** Until something else is chosen. */
  readonly outcome: Outcome | undefined;
  /** Those for which it is done are chosen no longer; those for which it is not, are. */
  readonly settle: (outcome: Outcome) => void;
}

interface Outcome {
  readonly done: readonly string[];
  readonly failures: readonly { readonly name: string; readonly error: unknown }[];
}

/** What is no longer shown is not chosen, not even when it is shown again: nothing is done to what nobody sees. */
export const useSelection = (shown: readonly string[]): Selection => {
  const [kept, setKept] = useState<ReadonlySet<string>>(new Set());
  const [outcome, setOutcome] = useState<Outcome>();
  const chosen = shown.filter((id) => kept.has(id));
  if (chosen.length < kept.size) setKept(new Set(chosen));
  const choose = (ids: readonly string[], isChosen: boolean): void =>
    setKept((before) => {
      const next = new Set(before);
      for (const id of ids)
        if (isChosen) next.add(id);
        else next.delete(id);
      return next;
    });
  return {
    chosen,
    isChosen: (id) => kept.has(id),
    put: (ids, isChosen) => {
      choose(ids, isChosen);
      setOutcome(undefined);
    },
    outcome,
    settle: (settled) => {
      choose(settled.done, false);
      setOutcome(settled);
    },
  };
};

const AT_ONCE = 4;

/** Does the same to each of the chosen, a few at a time, and goes on where one fails. `nameOf`: what a row is called. */
export const useBulk = <Action,>(
  { chosen, settle }: Selection,
  nameOf: (id: string) => string,
  act: (id: string, action: Action) => Promise<unknown>,
) => {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (action: Action): Promise<Outcome> => {
      const waiting = [...chosen];
      const done: string[] = [];
      const failures: { name: string; error: unknown }[] = [];
      const work = async (): Promise<void> => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
          const one = id;
          await act(one, action).then(
            () => done.push(one),
            (error: unknown) => failures.push({ name: nameOf(one), error }),
          );
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return { done, failures };
    },
    onSuccess: settle,
    onSettled: () => queries.invalidateQueries(),
  });
};

/** Stays where it is when there is nothing to do, so that whoever has pressed it keeps the focus. */
export const BulkButton = ({
  isReady,
  onPress,
  children,
}: {
  readonly isReady: boolean;
  readonly onPress: () => void;
  readonly children: ReactNode;
}) => (
  <button
    type="button"
    className="button"
    aria-disabled={!isReady}
    onClick={() => {
      if (isReady) onPress();
    }}
  >
    {children}
  </button>
);

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
  isPending,
  children,
}: {
  /** All that can be chosen. */
  readonly ids: readonly string[];
  readonly noun: string;
  readonly selection: Selection;
  readonly isPending: boolean;
  readonly children: ReactNode;
}) => {
  const { chosen, put, outcome } = selection;
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
        {children}
        {chosen.length > 0 && <span className="quiet">{count(chosen.length, noun)} chosen</span>}
        {/* There before its words are: only then are they read out. */}
        <span role="status">{isPending ? 'At work …' : outcomeWords(outcome, noun)}</span>
      </div>
      {!isPending &&
        [...byMessage(outcome)].map(([message, failures]) => (
          <FailureNotice key={message} error={failures[0]?.error}>
            <p>Not done for {failures.map(({ name }) => name).join(', ')}</p>
          </FailureNotice>
        ))}
    </>
  );
};

const outcomeWords = (outcome: Outcome | undefined, noun: string): string => {
  if (outcome === undefined) return '';
  const { done, failures } = outcome;
  return `Done, for ${count(done.length, noun)}${failures.length === 0 ? '' : `, not for ${failures.length}`}.`;
};

/** Many that fail for one reason say it once. */
const byMessage = (outcome: Outcome | undefined) =>
  Map.groupBy(outcome?.failures ?? [], ({ error }) => (error instanceof Error ? error.message : ''));
