import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { type View, answerOf, api } from '../api/client.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { count } from '../kit/text.tsx';
import { Outcomes, useRegistering } from '../upstreams/registering.tsx';
import { UNTAGGED, choiceOf, chosenTools, tagsOf } from './operation-choice.ts';
import { TextSource } from './text-source.tsx';

type Preview = View<'OpenApiPreviewView'>;

/** Models' APIs take no more. */
const TOOLS_WARNED = 128;

const documentOf = (text: string): { readonly documentUrl: string } | { readonly document: string } => {
  const given = text.trim();
  return /^https?:\/\/\S+$/i.test(given) ? { documentUrl: given } : { document: given };
};

/** An OpenAPI document: what would become tools, chosen by tag. */
export const ApiImport = () => {
  const ids = { name: useId(), server: useId(), token: useId() };
  const [text, setText] = useState('');
  const [fields, setFields] = useState({ name: '', server: '', token: '' });
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const source = { ...documentOf(text), ...(fields.server !== '' && { serverUrl: fields.server }) };
  const looking = useMutation({
    mutationFn: () => answerOf(api.POST('/v1/openapi/preview', { body: source })),
    onSuccess: () => setLeft(new Set()),
  });
  const registering = useRegistering();
  const preview = looking.data;
  const set = (change: Partial<typeof fields>): void => setFields({ ...fields, ...change });
  const add = (found: Preview): void =>
    registering.mutate([
      {
        name: fields.name || found.title || 'API',
        transport: 'OPENAPI',
        openapi: { ...source, ...choiceOf(found, left) },
        ...(fields.token !== '' && { authType: 'bearer' as const, authToken: fields.token }),
      },
    ]);
  return (
    <>
      <form
        className="panel stack"
        onSubmit={(event) => {
          event.preventDefault();
          registering.reset();
          looking.mutate();
        }}
      >
        <TextSource
          label="An OpenAPI document, or its URL"
          hint="2.0 to 3.2, JSON or YAML. By its URL it is fetched by the gateway, and again when it is refreshed."
          placeholder="https://api.example.com/openapi.json"
          accept=".json,.yaml,.yml"
          value={text}
          wrong={null}
          onChange={(next) => {
            setText(next);
            looking.reset();
          }}
        />
        <details>
          <summary>Server and credential</summary>
          <div className="cols">
            <div className="field">
              <label htmlFor={ids.server}>Server, where the document names another or none</label>
              <input
                id={ids.server}
                type="url"
                className="input"
                autoComplete="off"
                value={fields.server}
                onChange={({ target }) => set({ server: target.value })}
              />
            </div>
            <div className="field">
              <label htmlFor={ids.token}>Bearer token of the API</label>
              <input
                id={ids.token}
                type="password"
                className="input"
                autoComplete="off"
                value={fields.token}
                onChange={({ target }) => set({ token: target.value })}
              />
            </div>
          </div>
        </details>
        <div className="row">
          <button type="submit" className="button primary" disabled={text.trim() === '' || looking.isPending}>
            {looking.isPending ? 'Reading …' : 'Look at it'}
          </button>
        </div>
        {looking.isError && <FailureNotice error={looking.error} />}
      </form>
      {preview !== undefined && (
        <section className="panel stack">
          <h2>{preview.title || 'Without a title'}</h2>
          <p className="quiet">
            OpenAPI {preview.version}, at <code>{preview.baseUrl}</code>
          </p>
          <Tags preview={preview} left={left} onChange={setLeft} />
          <Found preview={preview} left={left} />
          <div className="field">
            <label htmlFor={ids.name}>Name of the upstream</label>
            <input
              id={ids.name}
              className="input search"
              autoComplete="off"
              placeholder={preview.title}
              value={fields.name}
              onChange={({ target }) => set({ name: target.value })}
            />
          </div>
          <div className="row">
            <button
              type="button"
              className="button primary"
              disabled={registering.isPending || chosenTools(preview, left).length === 0}
              onClick={() => add(preview)}
            >
              {registering.isPending ? 'Adding …' : `Add ${count(chosenTools(preview, left).length, 'tool')}`}
            </button>
          </div>
        </section>
      )}
      <Outcomes of={registering} />
    </>
  );
};

const Tags = ({
  preview,
  left,
  onChange,
}: {
  readonly preview: Preview;
  readonly left: ReadonlySet<string>;
  readonly onChange: (left: ReadonlySet<string>) => void;
}) => {
  const tags = tagsOf(preview);
  if (tags.length < 2) return null;
  return (
    <fieldset>
      <legend>Which operations</legend>
      <div className="chosen">
        {tags.map(({ name, tools }) => (
          <label key={name} className="check">
            <input
              type="checkbox"
              checked={!left.has(name)}
              onChange={() => {
                const next = new Set(left);
                if (!next.delete(name)) next.add(name);
                onChange(next);
              }}
            />
            <span>
              {name === UNTAGGED ? 'without a tag' : name} <span className="quiet">{tools}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
};

/** What would come, what it costs a model to be told, and what would not come. */
const Found = ({ preview, left }: { readonly preview: Preview; readonly left: ReadonlySet<string> }) => {
  const tools = chosenTools(preview, left);
  const tokens = tools.reduce((sum, tool) => sum + tool.tokens, 0);
  return (
    <>
      <p role="status">
        {count(tools.length, 'tool')}, about {count(tokens, 'token')} of a model.
        {tools.length > TOOLS_WARNED && ` Many models take no more than ${TOOLS_WARNED}: choose fewer.`}
      </p>
      <details>
        <summary>{count(tools.length, 'tool')} by name</summary>
        <ul className="stack small">
          {tools.map(({ key, name, deprecated }) => (
            <li key={key}>
              <code>{name}</code> <span className="quiet">{key}</span>{' '}
              {deprecated && <span className="tag">deprecated</span>}
            </li>
          ))}
        </ul>
      </details>
      {preview.skipped.length > 0 && (
        <details>
          <summary>{count(preview.skipped.length, 'operation')} that make no tool</summary>
          <ul className="stack small">
            {preview.skipped.map(({ key, reason }) => (
              <li key={key}>
                <code>{key}</code> <span className="quiet">{reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
};
