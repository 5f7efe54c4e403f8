import { type FormEvent, useState } from 'react';
import { plain } from '../kit/text.tsx';
import { type Schema, initialOf } from './schema.ts';
import { SchemaFields, holdsUnreadable } from './schema-form.tsx';

export type InputResponses = Readonly<Record<string, unknown>>;
type Members = Readonly<Record<string, unknown>>;

/** What a tool asks of the person before it goes on. */
export interface WantedInputs {
  readonly requests: readonly (readonly [
    name: string,
    request: { readonly method: string; readonly params: Members },
  ])[];
  /** Sealed to the caller; given back as it is. */
  readonly state: string | null;
}

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr */
export const inputsWanted = (result: Members | null): WantedInputs | null => {
  const { resultType, inputRequests, requestState } = result ?? {};
  if (resultType !== 'input_required' || typeof inputRequests !== 'object' || inputRequests === null) return null;
  return {
    requests: Object.entries(inputRequests as Record<string, { method: string; params: Members }>),
    state: typeof requestState === 'string' ? requestState : null,
  };
};

/** Asks it in the page, by the schema that the tool gives. */
export const InputForm = ({
  wanted,
  onAnswer,
}: {
  readonly wanted: WantedInputs;
  readonly onAnswer: (responses: InputResponses) => void;
}) => {
  const [values, setValues] = useState<Readonly<Record<string, Members>>>(() =>
    Object.fromEntries(wanted.requests.map(([name, { params }]) => [name, initialOf(schemaOf(params))])),
  );
  const answer = (action: 'accept' | 'decline' | 'cancel'): void =>
    onAnswer(
      Object.fromEntries(
        wanted.requests.map(([name]) => [
          name,
          action === 'accept' ? { action, content: values[name] ?? {} } : { action },
        ]),
      ),
    );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    answer('accept');
  };
  return (
    <form className="stack appears" onSubmit={submit}>
      <p>The tool asks for something before it goes on.</p>
      {wanted.requests.map(([name, { method, params }]) => (
        <fieldset key={name}>
          <legend>{typeof params['message'] === 'string' ? params['message'] : method}</legend>
          {params['url'] === undefined ? (
            <SchemaFields
              properties={schemaOf(params).properties ?? {}}
              required={schemaOf(params).required ?? []}
              root={schemaOf(params)}
              value={values[name] ?? {}}
              onChange={(value) => setValues({ ...values, [name]: value })}
            />
          ) : (
            <p>
              It wants you to visit <code>{plain(params['url'])}</code>
            </p>
          )}
        </fieldset>
      ))}
      <div className="row">
        <button type="submit" className="button primary" disabled={holdsUnreadable(values)}>
          Send
        </button>
        <button type="button" className="button" onClick={() => answer('decline')}>
          Decline
        </button>
        <button type="button" className="button plain" onClick={() => answer('cancel')}>
          Cancel
        </button>
      </div>
    </form>
  );
};

const schemaOf = ({ requestedSchema }: Members): Schema =>
  typeof requestedSchema === 'object' && requestedSchema !== null ? (requestedSchema as Schema) : {};
