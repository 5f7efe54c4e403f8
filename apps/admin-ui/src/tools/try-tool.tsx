import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, Suspense, lazy, useMemo, useRef, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { type View, answerOf, api, gatewayUrl } from '../api/client.ts';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { hasApp } from './app/app-link.ts';
import { CallOutcome } from './call-outcome.tsx';
import { type InputAnswers, InputForm } from './input-form.tsx';
import { inputsWanted } from './inputs-wanted.ts';
import { type Schema, initialOf } from './schema.ts';
import { SchemaFields, UNREADABLE, holdsUnreadable, readJson } from './schema-form.tsx';

type Arguments = Readonly<Record<string, unknown>>;
type Answer = View<'ToolCallView'>;

interface Attempt {
  readonly args: Arguments;
  /** What the tool asked for, answered. */
  readonly inputs?: InputAnswers & { readonly state: string | null };
}

const AppPanel = lazy(() => import('./app/app-panel.tsx'));

/** The form of a tool, and what comes of calling it. */
export const TryTool = ({ tool }: { readonly tool: View<'ToolView'> }) => {
  const isShownByApp = hasApp(tool);
  const schema = (tool.inputSchema ?? {}) as Schema;
  const [args, setArgs] = useState<Arguments>(() => initialOf(schema));
  const cancel = useRef<AbortController>(null);
  const queries = useQueryClient();
  const calling = useMutation({
    mutationFn: async ({ args: given, inputs }: Attempt): Promise<Answer> => {
      cancel.current = new AbortController();
      return answerOf(
        api.POST('/v1/tools/call/{name}', {
          params: { path: { name: tool.name } },
          body: {
            arguments: given,
            showsApps: isShownByApp,
            samples: true,
            ...(inputs !== undefined && {
              inputResponses: inputs.responses,
              requestState: inputs.state,
              ...(inputs.refusals.length > 0 && { inputRefusals: [...inputs.refusals] }),
            }),
          },
          signal: cancel.current.signal,
        }),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['calls'] }),
  });
  const isUnreadable = holdsUnreadable(args);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isUnreadable) calling.mutate({ args });
  };
  const wanted = calling.data === undefined ? null : inputsWanted(calling.data.result);
  const shown = useMemo(() => {
    const result = calling.data?.result ?? null;
    if (!isShownByApp || result === null || wanted !== null || calling.variables === undefined) return null;
    return { tool, args: calling.variables.args, result };
    // The tool may be read anew while its app is shown.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [calling.data]);
  return (
    <>
      <div className="cols">
        <section className="panel">
          <h2>Try it</h2>
          <form onSubmit={submit} className="stack">
            <Arguments schema={schema} args={args} onChange={setArgs} />
            <div className="row">
              <button type="submit" className="button primary" disabled={calling.isPending || isUnreadable}>
                {calling.isPending ? 'Running …' : 'Run'}
              </button>
              {calling.isPending && (
                <button type="button" className="button" onClick={() => cancel.current?.abort()}>
                  Cancel
                </button>
              )}
              <CopyButton what="Copy as curl" text={curlOf(tool.name, args)} />
            </div>
            {!tool.enabled && (
              <p className="quiet small">It is switched off: a call is refused, as it is to clients.</p>
            )}
          </form>
        </section>
        <section className="panel" aria-live="polite">
          <h2>Answer</h2>
          {calling.isIdle && <p className="quiet">Run it, and what comes of it stands here.</p>}
          {calling.isPending && <p className="quiet">Waiting for the upstream …</p>}
          {calling.isError && <Unanswered error={calling.error} />}
          {calling.data !== undefined && wanted === null && <CallOutcome answer={calling.data} />}
          {calling.data !== undefined && wanted !== null && (
            <InputForm
              key={calling.data.traceId}
              wanted={wanted}
              onAnswer={(answers) =>
                calling.mutate({ args: calling.variables.args, inputs: { ...answers, state: wanted.state } })
              }
            />
          )}
        </section>
      </div>
      {shown !== null && (
        <Suspense fallback={<p className="quiet">Loading …</p>}>
          <AppPanel key={calling.data?.traceId} call={shown} />
        </Suspense>
      )}
    </>
  );
};

const Unanswered = ({ error }: { readonly error: unknown }) =>
  error instanceof DOMException && error.name === 'AbortError' ? (
    <p>Cancelled. The upstream was told; whether it had done something already, it did not say.</p>
  ) : (
    <FailureNotice error={error} />
  );

const Arguments = ({
  schema,
  args,
  onChange,
}: {
  readonly schema: Schema;
  readonly args: Arguments;
  readonly onChange: (args: Arguments) => void;
}) => {
  if (Object.keys(schema.properties ?? {}).length === 0)
    return <p className="quiet">It takes no arguments{schema.properties === undefined ? ' that it names' : ''}.</p>;
  return (
    <Tabs>
      <TabList className="tabs" aria-label="How the arguments are given">
        <Tab id="form">Form</Tab>
        <Tab id="json">JSON</Tab>
      </TabList>
      <TabPanel id="form">
        <SchemaFields
          properties={schema.properties ?? {}}
          required={schema.required ?? []}
          root={schema}
          value={args}
          onChange={onChange}
        />
      </TabPanel>
      <TabPanel id="json">
        <JsonArguments args={args} onChange={onChange} />
      </TabPanel>
    </Tabs>
  );
};

const JsonArguments = ({
  args,
  onChange,
}: {
  readonly args: Arguments;
  readonly onChange: (args: Arguments) => void;
}) => {
  const [text, setText] = useState(() => JSON.stringify(args, null, 2));
  const value = readJson(text) ?? {};
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return (
    <div className="field">
      <textarea
        className="input code"
        aria-label="Arguments as JSON"
        rows={10}
        spellCheck={false}
        value={text}
        aria-invalid={!isObject}
        onChange={({ target }) => {
          setText(target.value);
          const read = readJson(target.value) ?? {};
          onChange(
            typeof read === 'object' && read !== null && !Array.isArray(read)
              ? (read as Arguments)
              : { text: UNREADABLE },
          );
        }}
      />
      {!isObject && <span className="wrong">The arguments are a JSON object</span>}
    </div>
  );
};

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const curlOf = (name: string, args: Arguments): string =>
  [
    `curl -s ${quoted(`${gatewayUrl}/v1/tools/call/${encodeURIComponent(name)}`)}`,
    `-H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json'`,
    `-d ${quoted(JSON.stringify({ arguments: args }))}`,
  ].join(' \\\n  ');
