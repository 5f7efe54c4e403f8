import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { toolsQuery } from '../../api/queries.ts';
import { AppHost } from './app-host.ts';
import { type ShownCall, callForApp, toolForApp } from './app-tools.ts';
import { AppRefusal, type Params, REFUSED } from './messages.ts';
import { Question, type Wish } from './question.tsx';

const HEIGHT_PX = { first: 240, min: 60, max: 900 };

/** The frame with the app, and above it what the app wants to do, where the person decides that. */
export const AppFrame = ({
  call,
  html,
  ui,
  onEnd,
  onNote,
}: {
  readonly call: ShownCall;
  readonly html: string;
  readonly ui: Params;
  readonly onEnd: (why: string | null) => void;
  readonly onNote: (text: string) => void;
}) => {
  const frame = useRef<HTMLIFrameElement>(null);
  const [heightPx, setHeightPx] = useState({ wanted: HEIGHT_PX.first, shown: HEIGHT_PX.first });
  const [wishes, setWishes] = useState<readonly Wish[]>([]);
  const wished = useRef(0);
  const agreed = useRef(new Set<string>());
  const queries = useQueryClient();
  const ask = useCallback(
    (asked: Omit<Wish, 'settle' | 'id'>): Promise<'once' | 'always' | 'no'> =>
      new Promise((resolve) => {
        const wish: Wish = {
          ...asked,
          id: ++wished.current,
          settle: (choice) => {
            setWishes((before) => before.filter((each) => each !== wish));
            resolve(choice);
          },
        };
        setWishes((before) => [...before, wish]);
      }),
    [],
  );
  useEffect(() => {
    const shown = frame.current?.contentWindow;
    if (shown === undefined || shown === null) return undefined;
    const host = new AppHost(shown, {
      html,
      input: call.args,
      result: call.result,
      context: contextOf(call),
      callTool: async (name, args) => {
        const tool = toolForApp(name, call.tool, await queries.ensureQueryData(toolsQuery));
        if (!agreed.current.has(tool.id)) {
          const choice = await ask({ kind: 'call', what: tool.name, detail: JSON.stringify(args, null, 2) });
          if (choice === 'no') throw new AppRefusal(REFUSED, 'The person has refused it');
          if (choice === 'always') agreed.current.add(tool.id);
        }
        return callForApp(tool, args).finally(() => queries.invalidateQueries({ queryKey: ['calls'] }));
      },
      openLink: async (url) => (await ask({ kind: 'link', what: url, detail: null })) !== 'no',
      resized: (askedPx) => {
        const wanted = Math.min(HEIGHT_PX.max, Math.max(HEIGHT_PX.min, Math.ceil(askedPx)));
        setHeightPx(({ shown }) => ({ wanted, shown }));
      },
      said: onNote,
      ended: onEnd,
    });
    window.addEventListener('message', host.hear);
    return () => window.removeEventListener('message', host.hear);
  }, [call, html, ask, queries, onEnd, onNote]);
  // Not while it asks: a page that becomes shorter would move the question under the pointer.
  if (wishes.length === 0 && heightPx.shown !== heightPx.wanted)
    setHeightPx(({ wanted }) => ({ wanted, shown: wanted }));
  const src = useMemo(() => frameAddress(ui), [ui]);
  return (
    <>
      {wishes[0] !== undefined && <Question key={wishes[0].id} wish={wishes[0]} />}
      <iframe
        ref={frame}
        className={ui['prefersBorder'] === false ? 'app' : 'app bordered'}
        title={`App of ${call.tool.name}`}
        src={src}
        sandbox="allow-scripts allow-forms"
        referrerPolicy="no-referrer"
        height={heightPx.shown}
      />
    </>
  );
};

const KINDS = [
  ['connect', 'connectDomains'],
  ['resource', 'resourceDomains'],
  ['frame', 'frameDomains'],
  ['base', 'baseUriDomains'],
] as const;

/** The page that is served as of no origin, under a policy of what the app names; the gateway decides what of it holds. */
const frameAddress = (ui: Params): string => {
  const csp = (ui['csp'] ?? {}) as Params;
  const query = new URLSearchParams();
  for (const [kind, key] of KINDS) {
    const named = csp[key];
    for (const origin of Array.isArray(named) ? named.slice(0, 20) : [])
      if (typeof origin === 'string' && origin.length < 256) query.append(kind, origin);
  }
  return `app-frame?${query.toString()}`;
};

const contextOf = ({ tool }: ShownCall): Params => ({
  toolInfo: { tool: { name: tool.originalName, description: tool.description, inputSchema: tool.inputSchema } },
  theme: getComputedStyle(document.documentElement).colorScheme === 'dark' ? 'dark' : 'light',
  displayMode: 'inline',
  availableDisplayModes: ['inline'],
  containerDimensions: { maxHeight: HEIGHT_PX.max },
  locale: navigator.language,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  userAgent: 'switchyard-console',
  platform: 'web',
});
