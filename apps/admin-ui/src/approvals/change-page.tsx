import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { type View, answerOf, api } from '../api/client.ts';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Page, Waiting } from '../kit/page.tsx';
import { pageUrl } from '../kit/route.ts';
import { Time } from '../kit/text.tsx';
import { ChangeStateMark, ClassMark, isOpen } from './change-words.tsx';
import { Diff } from './diff.tsx';

type Decision = 'approve' | 'keep' | 'block';

const DONE: Readonly<Record<Decision, string>> = {
  approve: 'Approved: the tool is served as its upstream offers it.',
  keep: 'Kept: the tool goes on as it was, and this change is not asked about again.',
  block: 'Blocked: the tool is off until somebody decides otherwise.',
};

/** One change: what it is, the difference that it makes, and what is to become of it. */
export const ChangePage = ({ id }: { readonly id: string }) => {
  const params = { path: { id } };
  const change = useQuery({
    queryKey: ['changes', id],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/changes/{id}', { params, signal })),
  });
  return (
    <Page title={change.data?.tool ?? 'Change'} lead={<a href={pageUrl(['approvals'])}>All that waits</a>}>
      {change.isPending && <Waiting />}
      {change.isError && <FailureNotice error={change.error} />}
      {change.data !== undefined && <Changed change={change.data} />}
    </Page>
  );
};

const Changed = ({ change }: { readonly change: View<'ToolChangeDetailView'> }) => (
  <>
    <Deciding change={change} />
    <div className="cols">
      <section className="panel">
        <h2>Change</h2>
        <dl className="facts">
          <dt>Upstream</dt>
          <dd>
            <a href={pageUrl(['upstreams', change.gatewayId])}>{change.gatewayName}</a>
          </dd>
          <dt>Kind</dt>
          <dd>
            <ClassMark of={change.class} />
          </dd>
          <dt>State</dt>
          <dd>
            <ChangeStateMark of={change.state} />
          </dd>
          <dt>Found</dt>
          <dd>
            <Time at={change.foundAt} />
          </dd>
          {change.decidedBy !== null && (
            <>
              <dt>Decided</dt>
              <dd>
                by {change.decidedBy}, <Time at={change.decidedAt} />
              </dd>
            </>
          )}
          {change.note !== null && (
            <>
              <dt>Note</dt>
              <dd>{change.note}</dd>
            </>
          )}
        </dl>
      </section>
      <section className="panel">
        <h2>What is other than before</h2>
        {change.findings.length === 0 ? (
          <p className="quiet">{change.before === null ? 'There was no such tool.' : 'It is offered no longer.'}</p>
        ) : (
          <ul className="stack">
            {change.findings.map(({ class: kind, finding }) => (
              <li key={finding}>
                <ClassMark of={kind} /> <span className="quiet">{finding}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
    <section className="panel">
      <h2>Definition</h2>
      <Diff lines={change.diff} />
    </section>
  </>
);

const Deciding = ({ change }: { readonly change: View<'ToolChangeDetailView'> }) => {
  const queries = useQueryClient();
  const noteId = useId();
  const [note, setNote] = useState('');
  const deciding = useMutation({
    mutationFn: (decision: Decision) => {
      const given = { params: { path: { id: change.id } }, body: { note: note.trim() || null } };
      if (decision === 'approve') return answerOf(api.POST('/v1/changes/{id}/approve', given));
      if (decision === 'keep') return answerOf(api.POST('/v1/changes/{id}/keep', given));
      return answerOf(api.POST('/v1/changes/{id}/block', given));
    },
    onSuccess: () => setNote(''),
    onSettled: () => queries.invalidateQueries(),
  });
  const done = deciding.isSuccess && (
    <Notice tone={deciding.variables === 'block' ? 'warn' : 'ok'}>
      <p role="status">
        {DONE[deciding.variables]} <a href={pageUrl(['approvals'])}>What waits besides</a>
      </p>
    </Notice>
  );
  if (!isOpen(change)) return done || null;
  return (
    <section className="panel stack">
      {done}
      {deciding.isError && <FailureNotice error={deciding.error} />}
      <div className="field">
        <label htmlFor={noteId}>Note, for whoever reads this later</label>
        <input
          id={noteId}
          className="input"
          value={note}
          maxLength={2_000}
          autoComplete="off"
          onChange={({ target }) => setNote(target.value)}
        />
      </div>
      <div className="row">
        <button
          type="button"
          className="button primary"
          data-key="a"
          disabled={deciding.isPending}
          onClick={() => deciding.mutate('approve')}
        >
          Approve
        </button>
        {change.state !== 'kept' && (
          <button
            type="button"
            className="button"
            disabled={deciding.isPending}
            onClick={() => deciding.mutate('keep')}
          >
            Keep the old one
          </button>
        )}
        {change.state !== 'blocked' && (
          <button
            type="button"
            className="button danger"
            disabled={deciding.isPending}
            onClick={() => deciding.mutate('block')}
          >
            Block the tool
          </button>
        )}
      </div>
    </section>
  );
};
