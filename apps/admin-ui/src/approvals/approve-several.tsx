import { useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { Confirm } from '../kit/confirm.tsx';
import { BulkBar, type Selection, useBulk } from '../kit/selection.tsx';
import { count } from '../kit/text.tsx';
import { type Change, ClassMark, isOpen } from './change-words.tsx';

/** Approves the chosen changes, after saying once more what each of them is. */
export const ApproveSeveral = ({
  changes,
  selection,
}: {
  readonly changes: readonly Change[];
  readonly selection: Selection;
}) => {
  const [isAsking, setAsking] = useState(false);
  const approving = useBulk((id: string) =>
    answerOf(api.POST('/v1/changes/{id}/approve', { params: { path: { id } }, body: { note: null } })),
  );
  const { chosen } = selection;
  const approve = (): void =>
    approving.mutate(
      { ids: chosen, action: undefined },
      {
        onSuccess: () => {
          selection.put(chosen, false);
          setAsking(false);
        },
      },
    );
  return (
    <>
      <BulkBar
        ids={changes.filter(isOpen).map(({ id }) => id)}
        noun="change"
        selection={selection}
        result={approving.data}
      >
        <button type="button" className="button" onClick={() => setAsking(true)}>
          Approve {count(chosen.length, 'change')} …
        </button>
      </BulkBar>
      {isAsking && (
        <Confirm
          title={`Approve ${count(chosen.length, 'change')}`}
          action="Approve"
          tone="primary"
          doing={{ ...approving, mutate: approve }}
          onClose={() => setAsking(false)}
        >
          <p>From then on these tools are served as their upstreams offer them now.</p>
          <ul className="stack">
            {changes
              .filter(({ id }) => chosen.includes(id))
              .map((change) => (
                <li key={change.id}>
                  <ClassMark of={change.class} /> <strong>{change.tool}</strong>{' '}
                  <span className="quiet">of {change.gatewayName}</span>
                </li>
              ))}
          </ul>
        </Confirm>
      )}
    </>
  );
};
