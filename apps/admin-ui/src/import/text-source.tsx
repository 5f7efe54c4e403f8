import { type ReactNode, useId } from 'react';

const BYTES_MAX = 1_048_576;

/** A text that is pasted, or read from a file. */
export const TextSource = ({
  label,
  hint,
  placeholder,
  accept,
  value,
  wrong,
  onChange,
}: {
  readonly label: string;
  readonly hint: ReactNode;
  readonly placeholder: string;
  /** Endings and types of the files that may be chosen. */
  readonly accept: string;
  readonly value: string;
  readonly wrong: string | null;
  readonly onChange: (text: string) => void;
}) => {
  const [textId, hintId, fileId] = [useId(), useId(), useId()];
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    onChange(await file.slice(0, BYTES_MAX).text());
  };
  return (
    <div className="stack">
      <div className="field">
        <label htmlFor={textId}>{label}</label>
        <textarea
          id={textId}
          className="input code"
          rows={6}
          spellCheck={false}
          autoComplete="off"
          aria-describedby={hintId}
          aria-invalid={wrong !== null}
          placeholder={placeholder}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
        {wrong === null ? (
          <span id={hintId} className="hint">
            {hint}
          </span>
        ) : (
          <span id={hintId} className="wrong" role="alert">
            {wrong}
          </span>
        )}
      </div>
      <div className="field">
        <label htmlFor={fileId}>Or a file, up to 1 MB</label>
        <input id={fileId} type="file" accept={accept} onChange={({ target }) => void read(target.files?.[0])} />
      </div>
    </div>
  );
};
