import { answerOf, api } from '../api/client.ts';
import { BulkBar, type Selection, useBulk } from '../kit/selection.tsx';

/** Switches the chosen tools on or off. */
export const SwitchSeveral = ({
  ids,
  selection,
}: {
  readonly ids: readonly string[];
  readonly selection: Selection;
}) => {
  const switching = useBulk((id: string, activate: boolean) =>
    answerOf(api.POST('/v1/tools/{id}/state', { params: { path: { id }, query: { activate } } })),
  );
  const { chosen } = selection;
  const button = (words: string, activate: boolean) => (
    <button
      type="button"
      className="button"
      disabled={switching.isPending}
      onClick={() =>
        switching.mutate({ ids: chosen, action: activate }, { onSuccess: () => selection.put(chosen, false) })
      }
    >
      {words}
    </button>
  );
  return (
    <BulkBar ids={ids} noun="tool" selection={selection} result={switching.data}>
      {button('Switch on', true)}
      {button('Switch off', false)}
    </BulkBar>
  );
};
