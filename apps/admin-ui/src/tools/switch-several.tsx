import { type View, answerOf, api } from '../api/client.ts';
import { BulkBar, BulkButton, type Selection, useBulk } from '../kit/selection.tsx';

/** Switches the chosen tools on or off. */
export const SwitchSeveral = ({
  tools,
  selection,
}: {
  readonly tools: readonly View<'ToolView'>[];
  readonly selection: Selection;
}) => {
  const switching = useBulk(
    selection,
    (id) => tools.find((tool) => tool.id === id)?.name ?? id,
    (id, activate: boolean) =>
      answerOf(api.POST('/v1/tools/{id}/state', { params: { path: { id }, query: { activate } } })),
  );
  const isReady = selection.chosen.length > 0 && !switching.isPending;
  return (
    <BulkBar ids={tools.map(({ id }) => id)} noun="tool" selection={selection} isPending={switching.isPending}>
      <BulkButton isReady={isReady} onPress={() => switching.mutate(true)}>
        Switch on
      </BulkButton>
      <BulkButton isReady={isReady} onPress={() => switching.mutate(false)}>
        Switch off
      </BulkButton>
    </BulkBar>
  );
};
