import { useId } from 'react';
import { plain } from '../kit/text.tsx';
import { type Members, isMembers } from './inputs-wanted.ts';

/** What a person says in the place of a model. */
export interface SampledText {
  readonly text: string;
  readonly model: string;
}

export const isSampling = (method: string): boolean => method === 'sampling/createMessage';

/** https://modelcontextprotocol.io/specification/2025-11-25/client/sampling */
export const sampledResult = ({ text, model }: SampledText): Members => ({
  role: 'assistant',
  content: { type: 'text', text },
  model: model.trim() === '' ? 'a person, in the console' : model.trim(),
  stopReason: 'endTurn',
});

/** What a tool would have a model say: what it is told, and a place to say it. */
export const SamplingFields = ({
  params,
  value,
  onChange,
}: {
  readonly params: Members;
  readonly value: SampledText;
  readonly onChange: (value: SampledText) => void;
}) => {
  const id = useId();
  const { systemPrompt, messages, maxTokens } = params;
  return (
    <fieldset className="stack">
      <legend>What the model is asked</legend>
      {typeof systemPrompt === 'string' && <Said by="system" text={systemPrompt} />}
      {(Array.isArray(messages) ? messages : []).filter(isMembers).map(({ role, content }, at) => (
        <Said key={at} by={plain(role)} text={contentWords(content)} />
      ))}
      <div className="field">
        <label htmlFor={id}>
          Answer of the model<span className="required"> required</span>
        </label>
        <textarea
          id={id}
          className="input"
          rows={4}
          required
          value={value.text}
          aria-describedby={`${id}-about`}
          onChange={({ target }) => onChange({ ...value, text: target.value })}
        />
        <span id={`${id}-about`} className="hint">
          {typeof maxTokens === 'number' ? `It wants ${maxTokens} tokens at most. ` : ''}No model is asked: what you
          write is what the tool gets.
        </span>
      </div>
      <div className="field">
        <label htmlFor={`${id}-model`}>Name of the model</label>
        <input
          id={`${id}-model`}
          className="input"
          maxLength={200}
          autoComplete="off"
          placeholder="a person, in the console"
          value={value.model}
          onChange={({ target }) => onChange({ ...value, model: target.value })}
        />
      </div>
    </fieldset>
  );
};

const Said = ({ by, text }: { readonly by: string; readonly text: string }) => (
  <div>
    <p className="quiet small">{by}</p>
    <pre tabIndex={0}>{text}</pre>
  </div>
);

const contentWords = (content: unknown): string =>
  (Array.isArray(content) ? content : [content])
    .map((part: unknown) => plain(isMembers(part) && part['type'] === 'text' ? part['text'] : part))
    .join('\n');
