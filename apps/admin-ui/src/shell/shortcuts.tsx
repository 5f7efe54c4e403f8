import { useEffect, useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { goTo, pageUrl } from '../kit/route.ts';
import { PAGES } from './pages.ts';

const SECOND_KEY_MS = 1_200;

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `g` and a letter go to a page, `/` to the search of the one that is shown, `?` lists them. */
export const Shortcuts = () => {
  const [isListed, setListed] = useState(false);
  useEffect(() => {
    let goingSinceMs = -Infinity;
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const page = PAGES.find(({ shortcut }) => shortcut === event.key);
      if (performance.now() - goingSinceMs < SECOND_KEY_MS && page !== undefined)
        goTo(pageUrl([page.path].filter(Boolean)));
      goingSinceMs = event.key === 'g' ? performance.now() : -Infinity;
      if (event.key === '?') setListed(true);
      const search = event.key === '/' ? document.querySelector<HTMLElement>('input[type="search"]') : null;
      if (search === null) return;
      event.preventDefault();
      search.focus();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  if (!isListed) return null;
  return (
    <Dialog title="Keys" onClose={() => setListed(false)}>
      <dl className="facts">
        {PAGES.map(({ shortcut, title }) => (
          <Key key={shortcut} keys={['g', shortcut]} does={title} />
        ))}
        <Key keys={['/']} does="Search on this page" />
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
