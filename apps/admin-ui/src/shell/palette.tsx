import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { gatewaysQuery, serversQuery, toolsQuery, usersQuery } from '../api/queries.ts';
import { Dialog } from '../kit/dialog.tsx';
import { goTo, pageUrl } from '../kit/route.ts';
import { count } from '../kit/text.tsx';
import { type Destination, matching } from './palette-match.ts';
import { PAGES } from './pages.ts';

const PLACES: readonly Destination[] = PAGES.map(({ path, title }) => ({
  kind: 'Page',
  name: title,
  url: pageUrl([path].filter(Boolean)),
}));

/** All that one may see; what cannot be asked for is not among it. */
const useDestinations = (): { readonly all: readonly Destination[]; readonly isPending: boolean } => {
  const [servers, upstreams, tools, users] = [
    useQuery(serversQuery),
    useQuery(gatewaysQuery),
    useQuery(toolsQuery),
    useQuery(usersQuery),
  ];
  const all = useMemo(
    (): readonly Destination[] => [
      ...PLACES,
      ...(servers.data ?? []).map(({ id, name }) => ({ kind: 'Server' as const, name, url: pageUrl(['servers', id]) })),
      ...(upstreams.data ?? []).map(({ id, name }) => ({
        kind: 'Upstream' as const,
        name,
        url: pageUrl(['upstreams', id]),
      })),
      ...(tools.data ?? []).map(({ id, name }) => ({ kind: 'Tool' as const, name, url: pageUrl(['tools', id]) })),
      ...(users.data ?? []).map(({ email }) => ({
        kind: 'Person' as const,
        name: email,
        url: pageUrl(['access'], { person: email }),
      })),
    ],
    [servers.data, upstreams.data, tools.data, users.data],
  );
  return { all, isPending: [servers, upstreams, tools, users].some((query) => query.isPending) };
};

/** Goes to a page, server, upstream, tool or person by a part of its name. */
const Palette = ({ onClose }: { readonly onClose: () => void }) => {
  const ids = { list: useId(), option: useId() };
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const { all, isPending } = useDestinations();
  const found = useMemo(() => matching(all, text), [all, text]);
  const chosen = Math.min(at, found.length - 1);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const go = (one: Destination | undefined): void => {
    if (one === undefined) return;
    onClose();
    goTo(one.url);
  };
  const pressed = (event: KeyboardEvent): void => {
    const to = {
      ArrowDown: (chosen + 1) % found.length,
      ArrowUp: (chosen - 1 + found.length) % found.length,
      Home: 0,
      End: found.length - 1,
    }[event.key];
    if (event.key === 'Enter') go(found[chosen]);
    else if (to === undefined || found.length === 0) return;
    else setAt(to);
    event.preventDefault();
  };
  const said = isPending ? 'Looking …' : found.length === 0 ? 'Nothing has such a name' : count(found.length, 'place');
  return (
    <Dialog title="Go to" onClose={onClose}>
      <input
        data-first=""
        className="input"
        role="combobox"
        aria-label="Page, server, upstream, tool or person"
        placeholder="Page, server, upstream, tool or person"
        aria-expanded={found.length > 0}
        aria-controls={ids.list}
        aria-autocomplete="list"
        aria-activedescendant={found.length > 0 ? `${ids.option}${chosen}` : undefined}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setAt(0);
        }}
        onKeyDown={pressed}
      />
      <div className="found" role="listbox" id={ids.list} aria-label="Places" ref={list} tabIndex={-1}>
        {found.map((one, place) => (
          <div
            key={one.url}
            id={`${ids.option}${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === chosen}
            onPointerMove={() => setAt(place)}
            onClick={() => go(one)}
            // The keys are those of the field, which keeps the focus.
            onKeyDown={pressed}
          >
            <span className="name">{one.name}</span>
            <span className="quiet small">{one.kind}</span>
          </div>
        ))}
      </div>
      <p className="quiet small" role="status">
        {said}
      </p>
    </Dialog>
  );
};

export default Palette;
