import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { View } from '../api/client.ts';
import { answerOf, api } from '../api/client.ts';
import { Confirm } from '../kit/confirm.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Waiting } from '../kit/page.tsx';
import { goTo, pageUrl } from '../kit/route.ts';
import { count } from '../kit/text.tsx';
import type { Upstream } from './upstream-state.tsx';

/** Says first what would go with it. */
export const RemoveUpstream = ({
  upstream,
  onClose,
}: {
  readonly upstream: Upstream;
  readonly onClose: () => void;
}) => {
  const queries = useQueryClient();
  const params = { path: { id: upstream.id } };
  const impact = useQuery({
    queryKey: ['gateways', upstream.id, 'impact'],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/gateways/{id}/impact-preview', { params, signal })),
  });
  const removing = useMutation({
    mutationFn: () => answerOf(api.DELETE('/v1/gateways/{id}', { params })),
    onSuccess: async () => {
      goTo(pageUrl(['upstreams']), { replace: true });
      await queries.invalidateQueries();
    },
  });
  return (
    <Confirm
      title={`Remove ${upstream.name}?`}
      action="Remove"
      doing={removing}
      isReady={!impact.isPending}
      onClose={onClose}
    >
      {impact.isPending && <Waiting>Looking what would go with it …</Waiting>}
      {impact.isError && <FailureNotice error={impact.error} />}
      {impact.data !== undefined && <Impact impact={impact.data} />}
      <p className="quiet">Switched off instead, it stays as it is and offers nothing.</p>
    </Confirm>
  );
};

const Impact = ({ impact }: { readonly impact: View<'GatewayImpactView'> }) => (
  <div className="stack">
    <p>
      With it go {count(impact.toolCount, 'tool')}, {count(impact.resourceCount, 'resource')},{' '}
      {count(impact.promptCount, 'prompt')} and its credential.
    </p>
    {impact.servers.length > 0 && (
      <ul className="stack">
        {impact.servers.map(({ id, name, toolCount, becomesEmpty }) => (
          <li key={id}>
            The virtual server <strong>{name}</strong> loses {count(toolCount, 'tool')}
            {becomesEmpty && ' and is then empty'}.
          </li>
        ))}
      </ul>
    )}
  </div>
);
