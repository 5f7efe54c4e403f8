import { useEffect, useState } from 'react';

const SETTLE_MS = 150;

/** A search field. `/` leads to it; what is written is handed on when the writing pauses. */
export const Search = ({
  label,
  value,
  isFirst = true,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  /** The one of its page that `/` leads to. */
  readonly isFirst?: boolean;
  readonly onChange: (value: string) => void;
}) => {
  const [text, setText] = useState(value);
  const [before, setBefore] = useState(value);
  const [handedOn, setHandedOn] = useState(value);
  // Changed from elsewhere, as by going back; what was handed on from here may have been written on since.
  if (before !== value) {
    setBefore(value);
    if (value !== handedOn) setText(value);
    setHandedOn(value);
  }
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => {
      setHandedOn(text);
      onChange(text);
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <input
      type="search"
      className="input search"
      aria-label={label}
      placeholder={isFirst ? `${label}  /` : label}
      value={text}
      onChange={({ target }) => setText(target.value)}
    />
  );
};
