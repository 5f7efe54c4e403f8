import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { meQuery } from '../api/queries.ts';
import { Choice } from './choice.tsx';
import { CopyButton } from './copy.tsx';
import { Dialog } from './dialog.tsx';
import { Notice } from './notice.tsx';
import { goTo, pageUrl } from './route.ts';
import { NAME_CHARS_MAX, type SavedView, readViews, withView } from './saved-views.ts';
import { fieldsOf } from './text.tsx';

/** Views of a page that this person saved in this browser, and the address of the one that is shown, for others. */
export const ViewsMenu = ({ page, query }: { readonly page: string; readonly query: URLSearchParams }) => {
  const me = useQuery(meQuery);
  const key = `switchyard.views.${page}.${me.data?.email ?? ''}`;
  const [, setChanges] = useState(0);
  const [isSaving, setSaving] = useState(false);
  const views = readViews(localStorage.getItem(key));
  const shown = query.toString();
  const current = views.find((view) => view.query === shown);
  const keep = (kept: readonly SavedView[]): void => {
    localStorage.setItem(key, JSON.stringify(kept));
    setChanges((changes) => changes + 1);
  };
  return (
    <div className="row">
      {views.length > 0 && (
        <Choice
          label="Saved view"
          value={current?.name ?? ''}
          choices={[['', 'Saved views'], ...views.map(({ name }) => [name, name] as const)]}
          onChange={(chosen) => {
            const view = views.find(({ name }) => name === chosen);
            goTo(pageUrl([page], Object.fromEntries(new URLSearchParams(view?.query ?? ''))));
          }}
        />
      )}
      {current === undefined ? (
        <button type="button" className="button" onClick={() => setSaving(true)}>
          Save this view …
        </button>
      ) : (
        <button type="button" className="button" onClick={() => keep(views.filter((view) => view !== current))}>
          Forget “{current.name}”
        </button>
      )}
      <CopyButton text={location.href} what="Copy its link" />
      {isSaving && (
        <Save
          onSave={(name) => {
            keep(withView(views, { name, query: shown }));
            setSaving(false);
          }}
          onClose={() => setSaving(false)}
        />
      )}
    </div>
  );
};

const Save = ({ onSave, onClose }: { readonly onSave: (name: string) => void; readonly onClose: () => void }) => {
  const id = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    try {
      onSave(fieldsOf(event.currentTarget)['name'] ?? '');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : 'It could not be saved');
    }
  };
  return (
    <Dialog title="Save this view" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <div className="field">
          <label htmlFor={id}>Name</label>
          <input
            id={id}
            data-first=""
            name="name"
            className="input"
            required
            maxLength={NAME_CHARS_MAX}
            autoComplete="off"
          />
          <span className="hint">
            Filters and columns, for you in this browser. Its link shows the same to others, as far as they may see it.
          </span>
        </div>
        {problem !== null && <Notice tone="bad">{problem}</Notice>}
        <div>
          <button type="submit" className="button primary">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
};
