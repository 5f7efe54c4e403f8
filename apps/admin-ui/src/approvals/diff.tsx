import { type MarkedLine, withMarkedWords } from './marked-words.ts';

const SIGNS: Readonly<Record<MarkedLine['sign'], readonly [className: string, words: string]>> = {
  ' ': ['same', ''],
  '-': ['old', 'before: '],
  '+': ['new', 'now: '],
};

/** The difference between two definitions, line by line; the sign stands beside the colour, and is read aloud as a word. */
export const Diff = ({ lines }: { readonly lines: Parameters<typeof withMarkedWords>[0] }) => (
  <section className="diff" tabIndex={0} aria-label="Difference between the definitions">
    {withMarkedWords(lines).map((line, at) => (
      <DiffLine key={at} line={line} />
    ))}
  </section>
);

const DiffLine = ({ line: { sign, parts } }: { readonly line: MarkedLine }) => {
  const [className, words] = SIGNS[sign];
  return (
    <p className={className}>
      <span className="unseen">{words}</span>
      <span aria-hidden="true" className="sign">
        {sign}
      </span>
      <code>
        {parts.map(({ text, isMarked }, part) =>
          isMarked ? <mark key={part}>{text}</mark> : <span key={part}>{text}</span>,
        )}
      </code>
    </p>
  );
};
