import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { FailureNotice, Notice } from '../../kit/notice.tsx';
import { AppFrame } from './app-frame.tsx';
import type { ShownCall } from './app-tools.ts';
import type { Params } from './messages.ts';

const NOTES_MAX = 50;

/** The app that a tool is shown with, beside what it says of itself. */
const AppPanel = ({ call }: { readonly call: ShownCall }) => {
  const { name } = call.tool;
  const [ended, setEnded] = useState<{ readonly why: string | null } | null>(null);
  const [notes, setNotes] = useState<readonly string[]>([]);
  const end = useCallback((why: string | null) => setEnded({ why }), []);
  const note = useCallback((text: string) => setNotes((before) => [...before, text].slice(-NOTES_MAX)), []);
  const app = useQuery({
    queryKey: ['app', name],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/tools/call/{name}/app', { params: { path: { name } }, signal })),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  return (
    <section className="panel stack" aria-label="App">
      <div className="row apart">
        <h2>App</h2>
        {app.data?.html !== null && ended === null && (
          <button type="button" className="button" onClick={() => end(null)}>
            Close the app
          </button>
        )}
      </div>
      {app.isPending && <p className="quiet">Reading the app …</p>}
      {app.isError && <FailureNotice error={app.error} />}
      {app.data?.html === null && (
        <Notice tone="warn">
          {app.data.error?.message ?? 'What the tool names is no page of the type text/html;profile=mcp-app.'}
        </Notice>
      )}
      {app.data !== undefined && app.data.html !== null && (
        <>
          {ended === null ? (
            <AppFrame call={call} html={app.data.html} ui={app.data.ui ?? {}} onEnd={end} onNote={note} />
          ) : (
            <p className="quiet">The app is closed. {ended.why}</p>
          )}
          <About ui={app.data.ui ?? {}} uri={app.data.uri} />
          {notes.length > 0 && (
            <details>
              <summary>What it has logged</summary>
              <pre tabIndex={0}>{notes.join('\n')}</pre>
            </details>
          )}
        </>
      )}
    </section>
  );
};
export default AppPanel;

/** What it wants, and what of that it has. */
const About = ({ ui, uri }: { readonly ui: Params; readonly uri: string }) => {
  const named = [
    ...new Set(Object.values((ui['csp'] ?? {}) as Params).flatMap((each) => (Array.isArray(each) ? each : []))),
  ];
  const wanted = Object.keys((ui['permissions'] ?? {}) as Params);
  return (
    <p className="quiet small">
      <code>{uri}</code> comes from the upstream. It sees this call and nothing of the console.{' '}
      {named.length === 0
        ? 'It names nothing on the network, and may load nothing from there.'
        : `It names ${named.map(String).join(', ')}: of these it may reach names that look public, by https or wss.`}
      {wanted.length > 0 && ` It asks for ${wanted.join(', ')}, which no app gets here.`}
      {typeof ui['domain'] === 'string' && ' It asks for an origin of its own, which no app gets here.'}
    </p>
  );
};
