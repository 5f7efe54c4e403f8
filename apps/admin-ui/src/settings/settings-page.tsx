import { useQueries } from '@tanstack/react-query';
import { type View, answerOf, api } from '../api/client.ts';
import { Choice } from '../kit/choice.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Page, Waiting } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { Search } from '../kit/search.tsx';
import { count } from '../kit/text.tsx';
import { type SettingRow, rowsOf } from './rows.ts';

const SERVICES = ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'] as const;
const ROWS_MAX = 500;

const SOURCES: Readonly<Record<View<'SettingView'>['source'], string>> = {
  default: 'Default',
  environment: 'Environment',
  file: 'Secret file',
  gateway: 'Made by the gateway',
};

/** What each setting is, where from and what it would be; they are changed where the gateway is started. */
const Settings = () => {
  const { query } = useRoute();
  const filter = {
    q: query.get('q') ?? '',
    service: query.get('service') ?? '',
    only: query.get('only') === 'set' ? 'set' : '',
  };
  const asked = useQueries({
    queries: SERVICES.map((service) => ({
      queryKey: ['settings', service],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        answerOf(api.GET('/v1/settings/{service}', { params: { path: { service } }, signal })),
      staleTime: 60_000,
    })),
  });
  const told = asked.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const failure = asked.find(({ error }) => error !== null)?.error;
  const rows = rowsOf(told);
  const shown = rows.filter((row) => isLike(row, filter));
  const show = (change: Partial<typeof filter>): void =>
    goTo(pageUrl(['settings'], { ...filter, ...change }), { replace: true });
  return (
    <Page
      title="Settings"
      lead="What each setting is by now. They are changed in the environment of the gateway, and read when it starts."
    >
      {failure !== undefined && <FailureNotice error={failure} />}
      {told.length === 0 && failure === undefined && <Waiting />}
      {told.length > 0 && (
        <section className="panel stack">
          <div className="row filters">
            <Search label="Search settings" value={filter.q} onChange={(q) => show({ q })} />
            <Choice
              label="Of which service"
              value={filter.service}
              choices={[['', 'Every service'], ...SERVICES.map((name) => [name, name] as const)]}
              onChange={(service) => show({ service })}
            />
            <Choice
              label="Which settings"
              value={filter.only}
              choices={[
                ['', 'All settings'],
                ['set', 'Those that were given'],
              ]}
              onChange={(only) => show({ only })}
            />
          </div>
          <p className="quiet small" role="status">
            {count(shown.length, 'setting')}
            {told.length < SERVICES.length && `, of ${told.map(({ service }) => service).join(', ')} alone`}
          </p>
          {shown.length > 0 && <Rows rows={shown.slice(0, ROWS_MAX)} />}
        </section>
      )}
    </Page>
  );
};

export default Settings;

const isLike = (row: SettingRow, { q, service, only }: { q: string; service: string; only: string }): boolean =>
  `${row.name} ${row.prose} ${row.value ?? ''}`.toLowerCase().includes(q.toLowerCase()) &&
  (service === '' || row.services.includes(service)) &&
  (only === '' || row.source !== 'default');

const Rows = ({ rows }: { readonly rows: readonly SettingRow[] }) => (
  <table className="table">
    <thead>
      <tr>
        <th>Setting</th>
        <th>Value</th>
        <th>From</th>
        <th>Default</th>
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <tr key={`${row.name} ${row.services.join()}`}>
          <td>
            <code>{row.name}</code>
            <span className="under">{row.prose}</span>
            <span className="under">
              <span className="tag">
                {row.services.length === SERVICES.length ? 'every service' : row.services.join(', ')}
              </span>
            </span>
          </td>
          <td data-label="Value">{valueOf(row)}</td>
          <td data-label="From">{SOURCES[row.source]}</td>
          <td data-label="Default">
            {row.default === null ? <span className="quiet">unset</span> : <code>{row.default}</code>}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const valueOf = ({ isSecret, isSet, value }: SettingRow) => {
  if (isSecret) return <span>{isSet ? 'set' : <span className="quiet">unset</span>}</span>;
  return value === null ? <span className="quiet">unset</span> : <code>{value}</code>;
};
