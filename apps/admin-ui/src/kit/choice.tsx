import { useId } from 'react';

/** One of several, by a `select`. Its label is read aloud alone, unless `isLabelShown`. */
export const Choice = ({
  label,
  isLabelShown = false,
  value,
  choices,
  onChange,
}: {
  readonly label: string;
  readonly isLabelShown?: boolean;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, words: string])[];
  readonly onChange: (value: string) => void;
}) => {
  const id = useId();
  const select = (
    <select id={id} className="input" value={value} onChange={({ target }) => onChange(target.value)}>
      {choices.map(([choice, words]) => (
        <option key={choice} value={choice}>
          {words}
        </option>
      ))}
    </select>
  );
  return isLabelShown ? (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {select}
    </div>
  ) : (
    <>
      <label className="unseen" htmlFor={id}>
        {label}
      </label>
      {select}
    </>
  );
};
