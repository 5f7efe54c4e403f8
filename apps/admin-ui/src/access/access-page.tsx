import { Page } from '../kit/page.tsx';
import { pageUrl } from '../kit/route.ts';
import { MayTheyCall } from './may-they-call.tsx';
import { Tokens } from './tokens.tsx';
import { Users } from './users.tsx';

/** Who may what, and by which tokens. */
const Access = () => (
  <Page
    title="Access"
    lead="Who may call what, and the tokens that they do it with."
    actions={
      <a className="button primary" href={pageUrl(['connect'])}>
        New token for a client
      </a>
    }
  >
    <MayTheyCall />
    <Users />
    <Tokens />
  </Page>
);

export default Access;
