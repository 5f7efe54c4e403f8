import { type FormEvent, useState } from 'react';
import { plain } from '../kit/text.tsx';
import { type Members, type WantedInputs, isMembers } from './inputs-wanted.ts';
import { type SampledText, SamplingFields, isSampling, sampledResult } from './sampling.tsx';
import { type Schema, initialOf } from './schema.ts';
import { SchemaFields, holdsUnreadable } from './schema-form.tsx';

/** What a person has said to what a tool asks. */
export interface InputAnswers {
  readonly responses: Members;
  /** What is asked of a model has no answer that means no: names of what is refused. */
  readonly refusals: readonly string[];
}

/** Asks it in the page: by the schema that the tool gives, or for what a model would say. */
export const InputForm = ({
  wanted,
  onAnswer,
}: {
  readonly wanted: WantedInputs;
  readonly onAnswer: (answers: InputAnswers) => void;
}) => {
  const [values, setValues] = useState<Members>(() =>
    Object.fromEntries(
      wanted.requests.map(([name, { method, params }]) => [
        name,
        isSampling(method) ? { text: '', model: '' } : initialOf(schemaOf(params)),
      ]),
    ),
  );
  const accept = (event: FormEvent): void => {
    event.preventDefault();
    onAnswer({
      responses: Object.fromEntries(
        wanted.requests.map(([name, { method }]) => [
          name,
          isSampling(method)
            ? sampledResult(values[name] as SampledText)
            : { action: 'accept', content: values[name] ?? {} },
        ]),
      ),
      refusals: [],
    });
  };
  const refuse = (action: 'decline' | 'cancel'): void =>
    onAnswer({
      responses: Object.fromEntries(
        wanted.requests.filter(([, { method }]) => !isSampling(method)).map(([name]) => [name, { action }]),
      ),
      refusals: wanted.requests.filter(([, { method }]) => isSampling(method)).map(([name]) => name),
    });
  const isAboutModel = wanted.requests.every(([, { method }]) => isSampling(method));
  return (
    <form className="stack appears" onSubmit={accept}>
      <p>
        {isAboutModel
          ? 'The tool asks a model for something before it goes on: you answer in its place.'
          : 'The tool asks for something before it goes on.'}
      </p>
      {wanted.requests.map(([name, { method, params }]) =>
        isSampling(method) ? (
          <SamplingFields
            key={name}
            params={params}
            value={values[name] as SampledText}
            onChange={(value) => setValues({ ...values, [name]: value })}
          />
        ) : (
          <fieldset key={name}>
            <legend>{typeof params['message'] === 'string' ? params['message'] : method}</legend>
            {params['url'] === undefined ? (
              <SchemaFields
                properties={schemaOf(params).properties ?? {}}
                required={schemaOf(params).required ?? []}
                root={schemaOf(params)}
                value={(values[name] ?? {}) as Members}
                onChange={(value) => setValues({ ...values, [name]: value })}
              />
            ) : (
              <p>
                It wants you to visit <code>{plain(params['url'])}</code>
              </p>
            )}
          </fieldset>
        ),
      )}
      <div className="row">
        <button type="submit" className="button primary" disabled={holdsUnreadable(values)}>
          Send
        </button>
        <button type="button" className="button" onClick={() => refuse('decline')}>
          {isAboutModel ? 'Refuse' : 'Decline'}
        </button>
        {!isAboutModel && (
          <button type="button" className="button plain" onClick={() => refuse('cancel')}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
};

const schemaOf = ({ requestedSchema }: Members): Schema =>
  isMembers(requestedSchema) ? (requestedSchema as Schema) : {};
