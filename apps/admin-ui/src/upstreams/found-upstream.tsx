import { useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { Notice } from '../kit/notice.tsx';
import { pageUrl } from '../kit/route.ts';
import { count } from '../kit/text.tsx';
import { type Upstream, eraOf, stateOf } from './upstream-state.tsx';

const SHOWN = 6;

/** What was found at an upstream that has just been added: the next step is a tool of it. */
export const FoundUpstream = ({ upstream }: { readonly upstream: Upstream }) => {
  const { id, name, toolCount, resourceCount, promptCount } = upstream;
  const { tone, word, reason } = stateOf(upstream);
  const tools = useQuery({
    queryKey: ['tools', { gatewayId: id }],
    queryFn: async ({ signal }) => {
      const query = { gatewayId: id, limit: SHOWN };
      const found = await answerOf(api.GET('/v1/tools', { params: { query }, signal }));
      return Array.isArray(found) ? found : found.tools;
    },
    enabled: upstream.enabled,
  });
  return (
    <Notice tone={tone}>
      <p>
        <a href={pageUrl(['upstreams', id])}>{name}</a>: {word.toLowerCase()}
        {upstream.enabled && (
          <>
            , {count(toolCount, 'tool')}, {count(resourceCount, 'resource')}, {count(promptCount, 'prompt')}; speaks{' '}
            {eraOf(upstream)}
          </>
        )}
      </p>
      {reason !== null && <p className="next">{reason}</p>}
      {tools.data !== undefined && tools.data.length > 0 && (
        <p className="next">
          Try{' '}
          {tools.data.map((tool, at) => (
            <span key={tool.id}>
              {at > 0 && ', '}
              <a href={pageUrl(['tools', tool.id])}>{tool.name}</a>
            </span>
          ))}
          {toolCount > tools.data.length && (
            <>
              {' '}
              or <a href={pageUrl(['tools'], { upstream: id })}>any of the others</a>
            </>
          )}
        </p>
      )}
    </Notice>
  );
};
