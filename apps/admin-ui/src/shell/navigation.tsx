import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { waitingChangesQuery } from '../api/queries.ts';
import { Choice } from '../kit/choice.tsx';
import { pageUrl } from '../kit/route.ts';
import { type PageEntry, PAGES } from './pages.ts';
import { logOut } from './session.ts';
import { askForPalette } from './shortcuts.tsx';
import { type Theme, THEMES, keepTheme, keptTheme } from './theme.ts';

const WORDS: Readonly<Record<Theme, string>> = { system: 'As the system', light: 'Light', dark: 'Dark' };

/** Beside the page; on a phone above it, folded. */
export const Navigation = ({ email, at }: { readonly email: string; readonly at: string }) => {
  const [isOpen, setOpen] = useState(false);
  return (
    <header className="side">
      <div className="brand">
        <a href="#/" className="row">
          <img src="./icon.svg" width="22" height="22" alt="" />
          <span>Switchyard</span>
        </a>
        <button
          type="button"
          className="button menu"
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
      </div>
      <div id="navigation" className={isOpen ? 'folded open' : 'folded'}>
        <button
          type="button"
          className="button go"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => {
            setOpen(false);
            askForPalette();
          }}
        >
          Go to … <kbd>Ctrl K</kbd>
        </button>
        <nav aria-label="Pages">
          <ul>
            {PAGES.map((page) => (
              <li key={page.path}>
                <PageLink page={page} isHere={page.path === at} onLeave={() => setOpen(false)} />
              </li>
            ))}
          </ul>
        </nav>
        <Account email={email} />
      </div>
    </header>
  );
};

const PageLink = ({
  page: { path, title, icon },
  isHere,
  onLeave,
}: {
  readonly page: PageEntry;
  readonly isHere: boolean;
  readonly onLeave: () => void;
}) => (
  <a href={pageUrl([path].filter(Boolean))} aria-current={isHere ? 'page' : undefined} onClick={onLeave}>
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d={icon} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
    {title}
    {path === 'approvals' && <WaitingCount />}
  </a>
);

/** How many changes of tools wait; nothing where none does, or one may not see them. */
const WaitingCount = () => {
  const waiting = useQuery(waitingChangesQuery);
  const pending = waiting.data?.pending ?? 0;
  if (pending === 0) return null;
  return (
    <span className="count">
      {pending}
      <span className="unseen"> waiting</span>
    </span>
  );
};

const Account = ({ email }: { readonly email: string }) => {
  const [theme, setTheme] = useState(keptTheme);
  const leaving = useMutation({ mutationFn: logOut });
  return (
    <div className="account">
      <Choice
        label="Appearance"
        isLabelShown
        value={theme}
        choices={THEMES.map((name) => [name, WORDS[name]] as const)}
        onChange={(name) => {
          keepTheme(name as Theme);
          setTheme(name as Theme);
        }}
      />
      <p className="who" title={email}>
        {email}
      </p>
      <button type="button" className="button plain" disabled={leaving.isPending} onClick={() => leaving.mutate()}>
        Log out
      </button>
    </div>
  );
};
