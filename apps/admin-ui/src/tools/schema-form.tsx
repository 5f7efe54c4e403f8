import { type ReactNode, useId, useState } from 'react';
import { type Choice, type Schema, kindOf, resolve } from './schema.ts';

/** Stands for what was written and cannot be read as a value. */
export const UNREADABLE = Symbol('unreadable');

export const holdsUnreadable = (value: unknown): boolean =>
  value === UNREADABLE || (typeof value === 'object' && value !== null && Object.values(value).some(holdsUnreadable));

interface FieldProps {
  readonly name: string;
  readonly schema: Schema;
  /** Where `$ref` leads. */
  readonly root: Schema;
  readonly isRequired: boolean;
  readonly value: unknown;
  /** `undefined`: not given. */
  readonly onChange: (value: unknown) => void;
}

/** The members of an object, each asked for as its schema says. */
export const SchemaFields = ({
  properties,
  required,
  root,
  value,
  onChange,
}: {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly root: Schema;
  readonly value: Readonly<Record<string, unknown>>;
  readonly onChange: (value: Readonly<Record<string, unknown>>) => void;
}) => (
  <div className="stack">
    {Object.entries(properties).map(([name, schema]) => (
      <SchemaField
        key={name}
        name={name}
        schema={resolve(schema, root)}
        root={root}
        isRequired={required.includes(name)}
        value={value[name]}
        onChange={(member) => onChange(withMember(value, name, member))}
      />
    ))}
  </div>
);

const withMember = (value: Readonly<Record<string, unknown>>, name: string, member: unknown) => {
  const { [name]: _before, ...rest } = value;
  return member === undefined ? rest : { ...rest, [name]: member };
};

const SchemaField = (props: FieldProps) => {
  const { name, schema, root, isRequired, value, onChange } = props;
  const kind = kindOf(name, schema);
  switch (kind.kind) {
    case 'choice':
      return <ChoiceField {...props} choices={kind.choices} />;
    case 'boolean':
      return <ChoiceField {...props} choices={YES_NO} />;
    case 'number':
    case 'integer':
      return <NumberField {...props} isWhole={kind.kind === 'integer'} />;
    case 'text':
    case 'long-text':
      return <TextField {...props} isLong={kind.kind === 'long-text'} />;
    case 'list':
      return <ListField {...props} items={resolve(kind.items, root)} />;
    case 'group':
      return (
        <fieldset>
          <legend>
            {name}
            {isRequired && <Required />}
          </legend>
          <SchemaFields
            properties={kind.properties}
            required={kind.required}
            root={root}
            value={(value ?? {}) as Readonly<Record<string, unknown>>}
            onChange={(member) => onChange(Object.keys(member).length === 0 && !isRequired ? undefined : member)}
          />
        </fieldset>
      );
    case 'json':
      return <JsonField {...props} />;
  }
};

const YES_NO: readonly Choice[] = [
  { value: true, label: 'yes' },
  { value: false, label: 'no' },
];

const Required = () => <span className="required"> required</span>;

const Field = ({
  id,
  name,
  schema,
  isRequired,
  wrong,
  children,
}: Pick<FieldProps, 'name' | 'schema' | 'isRequired'> & {
  readonly id: string;
  readonly wrong?: string | undefined;
  readonly children: ReactNode;
}) => (
  <div className="field">
    <label htmlFor={id}>
      {name}
      {isRequired && <Required />}
    </label>
    {children}
    {(wrong ?? schema.description) !== undefined && (
      <span id={`${id}-about`} className={wrong === undefined ? 'hint' : 'wrong'}>
        {wrong ?? schema.description}
      </span>
    )}
  </div>
);

const ChoiceField = ({ choices, ...props }: FieldProps & { readonly choices: readonly Choice[] }) => {
  const { isRequired, value, onChange } = props;
  const id = useId();
  const chosen = choices.findIndex((choice) => choice.value === value);
  return (
    <Field {...props} id={id}>
      <select
        id={id}
        className="input"
        required={isRequired}
        value={chosen < 0 ? '' : chosen}
        aria-describedby={`${id}-about`}
        onChange={({ target }) => onChange(choices[Number(target.value || -1)]?.value)}
      >
        <option value="">{isRequired ? 'Choose …' : 'Not given'}</option>
        {choices.map(({ label }, at) => (
          <option key={label} value={at}>
            {label}
          </option>
        ))}
      </select>
    </Field>
  );
};

const NumberField = ({ isWhole, ...props }: FieldProps & { readonly isWhole: boolean }) => {
  const { schema, isRequired, value, onChange } = props;
  const id = useId();
  return (
    <Field {...props} id={id}>
      <input
        id={id}
        type="number"
        className="input num"
        step={isWhole ? 1 : 'any'}
        min={schema.minimum}
        max={schema.maximum}
        required={isRequired}
        aria-describedby={`${id}-about`}
        defaultValue={typeof value === 'number' ? value : ''}
        onChange={({ target }) => onChange(target.value === '' ? undefined : target.valueAsNumber)}
      />
    </Field>
  );
};

const INPUT_TYPES: Readonly<Record<string, string>> = { date: 'date', email: 'email', uri: 'url' };

const TextField = ({ isLong, ...props }: FieldProps & { readonly isLong: boolean }) => {
  const { schema, isRequired, value, onChange } = props;
  const id = useId();
  const common = {
    id,
    className: 'input',
    required: isRequired,
    minLength: schema.minLength,
    maxLength: schema.maxLength,
    'aria-describedby': `${id}-about`,
    value: typeof value === 'string' ? value : '',
    autoComplete: 'off',
  };
  // What is required may be empty all the same: an empty text is a text.
  const given = (text: string): void => onChange(text === '' ? undefined : text);
  return (
    <Field {...props} id={id}>
      {isLong ? (
        <textarea {...common} rows={2} onChange={({ target }) => given(target.value)} />
      ) : (
        <input
          {...common}
          type={INPUT_TYPES[schema.format ?? ''] ?? 'text'}
          onChange={({ target }) => given(target.value)}
        />
      )}
    </Field>
  );
};

const ListField = ({ items, ...props }: FieldProps & { readonly items: Schema }) => {
  const { name, schema, root, isRequired, value, onChange } = props;
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const change = (next: readonly unknown[]): void => onChange(next.length === 0 && !isRequired ? undefined : next);
  return (
    <fieldset>
      <legend>
        {name}
        {isRequired && <Required />}
      </legend>
      <div className="stack">
        {schema.description !== undefined && <p className="quiet small">{schema.description}</p>}
        {list.map((item, at) => (
          <div key={at} className="list-item">
            <SchemaField
              name={`${at + 1}`}
              schema={items}
              root={root}
              isRequired
              value={item}
              onChange={(next) => change(list.with(at, next ?? ''))}
            />
            <button type="button" className="button plain" onClick={() => change(list.toSpliced(at, 1))}>
              Take out<span className="unseen"> {at + 1}</span>
            </button>
          </div>
        ))}
        <div>
          <button type="button" className="button" onClick={() => change([...list, firstOf(items)])}>
            Add to {name}
          </button>
        </div>
      </div>
    </fieldset>
  );
};

const firstOf = (items: Schema): unknown => {
  if (items.default !== undefined) return items.default;
  const { kind } = kindOf('', items);
  if (kind === 'group') return {};
  return kind === 'list' ? [] : '';
};

/** What no form is made of. */
const JsonField = (props: FieldProps) => {
  const { isRequired, value, onChange } = props;
  const id = useId();
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const wrong = value === UNREADABLE ? 'This is no valid JSON' : undefined;
  return (
    <Field {...props} id={id} wrong={wrong}>
      <textarea
        id={id}
        className="input code"
        rows={3}
        required={isRequired}
        spellCheck={false}
        placeholder="JSON"
        aria-invalid={wrong !== undefined}
        aria-describedby={`${id}-about`}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          onChange(readJson(target.value));
        }}
      />
    </Field>
  );
};

/** `undefined` of nothing, `UNREADABLE` of what is no JSON. */
export const readJson = (text: string): unknown => {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return UNREADABLE;
  }
};
