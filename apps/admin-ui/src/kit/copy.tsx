import { useState } from 'react';

const SAID_MS = 2_000;

/** Puts a text on the clipboard, and says so. */
export const CopyButton = ({ text, what = 'Copy' }: { readonly text: string; readonly what?: string }) => {
  const [said, setSaid] = useState<string | null>(null);
  const copy = async (): Promise<void> => {
    const isDone = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    setSaid(isDone ? 'Copied' : 'Not allowed: select the text');
    setTimeout(() => setSaid(null), SAID_MS);
  };
  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <span aria-live="polite">{said ?? what}</span>
    </button>
  );
};
