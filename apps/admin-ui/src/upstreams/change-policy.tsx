import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { Choice } from '../kit/choice.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { pageUrl } from '../kit/route.ts';
import type { Upstream } from './upstream-state.tsx';

type Policy = NonNullable<Upstream['changes']>;

const WORDS: readonly (readonly [Policy | '', string])[] = [
  ['', 'As the gateway says'],
  ['accept', 'Serve them at once'],
  ['hold_text_and_breaking', 'Hold texts and what breaks calls'],
  ['hold_all', 'Hold every change, and new tools'],
];

/** What becomes of tools that the upstream changes. */
export const ChangePolicy = ({ upstream: { id, changes } }: { readonly upstream: Upstream }) => {
  const queries = useQueryClient();
  const choosing = useMutation({
    mutationFn: (policy: Policy | null) =>
      answerOf(api.PUT('/v1/gateways/{id}', { params: { path: { id } }, body: { changes: policy } })),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <div className="stack">
      <Choice
        label="What becomes of changed tools"
        value={changes ?? ''}
        choices={WORDS}
        onChange={(policy) => choosing.mutate(policy === '' ? null : (policy as Policy))}
      />
      {choosing.isError && <FailureNotice error={choosing.error} />}
      <a className="small" href={pageUrl(['approvals'], { upstream: id, show: 'all' })}>
        What has changed
      </a>
    </div>
  );
};
