import { Page } from '../kit/page.tsx';
import { pageUrl, useRoute } from '../kit/route.ts';
import { KINDS } from './kinds.ts';
import './import.css';

/** What somebody has of servers or APIs: shown first, then brought in. */
const Import = () => {
  const { path } = useRoute();
  const kind = KINDS.find(({ id }) => id === path[1]) ?? KINDS[0];
  if (kind === undefined) return null;
  return (
    <Page
      title="Import"
      lead="Servers, APIs and agents, from what you have of them. A file or a document is shown before anything of it is stored."
    >
      <nav className="row kinds" aria-label="What is imported">
        {KINDS.map(({ id, title }) => (
          <a
            key={id}
            className="button"
            href={pageUrl(['import', id])}
            aria-current={id === kind.id ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <kind.Content key={kind.id} />
    </Page>
  );
};

export default Import;
