import { useMutation } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { type Filter, asked } from './filter.ts';

/** What a browser holds with ease; REST gives more. */
const RECORDS_MAX = 50_000;

type Format = 'csv' | 'ndjson';

const WORDS: Readonly<Record<Format, string>> = { csv: 'CSV', ndjson: 'NDJSON' };

/** A file of all that the filter finds, not only of what is shown. */
export const Exports = ({ filter }: { readonly filter: Filter }) => {
  const exporting = useMutation({
    mutationFn: async (format: Format) => {
      const query = { ...asked(filter), format, limit: RECORDS_MAX };
      // A link would not do: the session is good for what the page itself asks.
      const file = await answerOf(api.GET('/v1/calls/export', { params: { query }, parseAs: 'blob' }));
      save(file as unknown as Blob, `calls.${format}`);
    },
  });
  return (
    <div className="row">
      {(['csv', 'ndjson'] as const).map((format) => (
        <button
          key={format}
          type="button"
          className="button"
          title={`The newest ${RECORDS_MAX.toLocaleString('en')} at most`}
          disabled={exporting.isPending}
          onClick={() => exporting.mutate(format)}
        >
          Export as {WORDS[format]}
        </button>
      ))}
      {exporting.isError && <FailureNotice error={exporting.error} />}
    </div>
  );
};

const save = (file: Blob, name: string): void => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
