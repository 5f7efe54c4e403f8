import { useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { Confirm } from '../kit/confirm.tsx';
import { BulkBar, BulkButton, type Selection, useBulk } from '../kit/selection.tsx';
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
  const approving = useBulk(
    selection,
    (id) => changes.find((change) => change.id === id)?.tool ?? id,
    (id) => answerOf(api.POST('/v1/changes/{id}/approve', { params: { path: { id } }, body: { note: null } })),
  );
  const { chosen } = selection;
  const approve = (): void => approving.mutate(undefined, { onSuccess: () => setAsking(false) });
  return (
    <>
      <BulkBar
        ids={changes.filter(isOpen).map(({ id }) => id)}
        noun="change"
        selection={selection}
        isPending={approving.isPending}
      >
        <BulkButton isReady={chosen.length > 0 && !approving.isPending} onPress={() => setAsking(true)}>
          {chosen.length === 0 ? 'Approve …' : `Approve ${count(chosen.length, 'change')} …`}
        </BulkButton>
      </BulkBar>
      {isAsking && (
        <Confirm
          title={`Approve ${count(chosen.length, 'change')}`}
          action="Approve"
          tone="primary"
          isReady={chosen.length > 0}
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
