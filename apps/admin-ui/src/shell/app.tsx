import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { Suspense, lazy, useEffect, useRef } from 'react';
import { meQuery } from '../api/queries.ts';
import { Dialog } from '../kit/dialog.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { useRoute } from '../kit/route.ts';
import { Crash } from './crash.tsx';
import { Live } from './live.tsx';
import { LogIn } from './log-in.tsx';
import { Navigation } from './navigation.tsx';
import { pageOf } from './pages.ts';
import { isSessionOver, queryClient, renewSession } from './session.ts';
import { Shortcuts } from './shortcuts.tsx';

export const App = () => (
  <QueryClientProvider client={queryClient}>
    <Door />
  </QueryClientProvider>
);

/** For who need have no account that they can log in to. */
const HandOver = lazy(() => import('../hand-over/hand-over-page.tsx'));

const Door = () => {
  const { path } = useRoute();
  if (path[0] !== 'hand-over') return <Gate />;
  return (
    <Suspense fallback={<Waiting />}>
      <HandOver />
    </Suspense>
  );
};

/** Who is not logged in sees the log-in; who no longer is, sees it over the page that they were on. */
const Gate = () => {
  const me = useQuery(meQuery);
  const isOver = me.isError && isSessionOver(me.error);
  if (me.data === undefined && isOver) return <Entrance />;
  if (me.data === undefined && me.isError)
    return (
      <main className="entrance">
        <FailureNotice error={me.error}>
          <button type="button" className="button" onClick={() => void me.refetch()}>
            Try again
          </button>
        </FailureNotice>
      </main>
    );
  if (me.data === undefined) return <Waiting>Looking who you are …</Waiting>;
  return (
    <>
      <Frame email={me.data.email} />
      {isOver && (
        <Dialog title="Your session has ended: log in to go on">
          <LogIn />
        </Dialog>
      )}
    </>
  );
};

const Entrance = () => {
  useEffect(() => {
    document.title = 'Log in · Switchyard';
  }, []);
  return (
    <main className="entrance">
      <div className="panel stack">
        <div className="row">
          <img src="./icon.svg" width="28" height="28" alt="" />
          <h1>Switchyard</h1>
        </div>
        <LogIn />
      </div>
    </main>
  );
};

const Frame = ({ email }: { readonly email: string }) => {
  const { path } = useRoute();
  const page = pageOf(path[0]);
  const main = useRef<HTMLElement>(null);
  const place = path.join('/');
  const isFirst = useRef(true);
  useEffect(() => {
    void renewSession();
    // Whoever hears the page or goes by keyboard starts at its top; not at the first one, which the browser announces.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    scrollTo(0, 0);
  }, [place]);
  return (
    <div className="frame">
      <button type="button" className="skip button" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <Navigation email={email} at={path[0] ?? ''} />
      <main ref={main} tabIndex={-1}>
        <Live />
        <Crash key={place}>
          <Suspense fallback={<Waiting />}>{page === undefined ? <Nowhere /> : <page.Content />}</Suspense>
        </Crash>
      </main>
      <Shortcuts />
    </div>
  );
};

const Nowhere = () => (
  <Page title="Nothing here">
    <Empty title="There is no page of this address">
      <a href="#/">To the overview</a>
    </Empty>
  </Page>
);
