import { Suspense, lazy, useEffect, useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { goTo, pageUrl } from '../kit/route.ts';
import { PAGES } from './pages.ts';

/** Loaded when it is first asked for. */
const Palette = lazy(() => import('./palette.tsx'));

const SECOND_KEY_MS = 1_200;

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** To the link of the next row, or of the one before: from the first where none has the focus. */
const moveRow = (by: 1 | -1): void => {
  const links = [...document.querySelectorAll<HTMLElement>('main tbody tr')].flatMap(
    (row) => row.querySelector<HTMLElement>('a[href]') ?? [],
  );
  const row = document.activeElement?.closest('tr');
  const at = links.findIndex((link) => row?.contains(link) === true);
  const next = at < 0 ? links[0] : links[at + by];
  next?.focus();
};

/** What a key does to the page that is shown. */
const pressedOnPage = (event: KeyboardEvent): void => {
  switch (event.key) {
    case 'j':
      return moveRow(1);
    case 'k':
      return moveRow(-1);
    case 'a':
      if (!event.repeat) document.querySelector<HTMLElement>('main [data-key="a"]')?.click();
      return;
    case '/': {
      const search = document.querySelector<HTMLElement>('input[type="search"]');
      if (search === null) return;
      event.preventDefault();
      search.focus();
    }
  }
};

/** Has the palette come; for who has no such keys. */
export const askForPalette = (): void => void dispatchEvent(new Event(PALETTE_ASKED));

const PALETTE_ASKED = 'switchyard:palette';

/** `Ctrl K` opens the palette, `g` and a letter go to a page, `/` to the search of the one that is shown, `j` and `k` through its rows, `?` lists them. */
export const Shortcuts = () => {
  const [isPalette, setPalette] = useState(false);
  const [isListed, setListed] = useState(false);
  useEffect(() => {
    let goingSinceMs = -Infinity;
    const pressed = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        // What is open already keeps the focus until it is closed.
        setPalette((isOpen) => isOpen || document.querySelector('dialog[open]') === null);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const isSecond = performance.now() - goingSinceMs < SECOND_KEY_MS;
      const page = PAGES.find(({ shortcut }) => shortcut === event.key);
      goingSinceMs = event.key === 'g' ? performance.now() : -Infinity;
      if (isSecond && page !== undefined) return goTo(pageUrl([page.path].filter(Boolean)));
      if (event.key === '?') setListed(true);
      else pressedOnPage(event);
    };
    const asked = (): void => setPalette(true);
    addEventListener('keydown', pressed);
    addEventListener(PALETTE_ASKED, asked);
    return () => {
      removeEventListener('keydown', pressed);
      removeEventListener(PALETTE_ASKED, asked);
    };
  }, []);
  if (isPalette)
    return (
      <Suspense fallback={null}>
        <Palette onClose={() => setPalette(false)} />
      </Suspense>
    );
  if (!isListed) return null;
  return (
    <Dialog title="Keys" onClose={() => setListed(false)}>
      <dl className="facts">
        <Key keys={['Ctrl', 'K']} does="Go to something by its name (⌘ K on a Mac)" />
        {PAGES.map(({ shortcut, title }) => (
          <Key key={shortcut} keys={['g', shortcut]} does={title} />
        ))}
        <Key keys={['/']} does="Search on this page" />
        <Key keys={['j', 'k']} does="The next row, the one before; Enter opens it" />
        <Key keys={['a']} does="Approvals: approve the change that is shown" />
        <Key keys={['Space']} does="Calls: pause and go on" />
        <Key keys={['Esc']} does="Close what is open" />
        <Key keys={['?']} does="This list" />
      </dl>
    </Dialog>
  );
};

const Key = ({ keys, does }: { readonly keys: readonly string[]; readonly does: string }) => (
  <>
    <dt>
      {keys.map((key) => (
        <span key={key}>
          <kbd>{key}</kbd>{' '}
        </span>
      ))}
    </dt>
    <dd>{does}</dd>
  </>
);
