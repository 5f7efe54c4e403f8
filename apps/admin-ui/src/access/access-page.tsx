import { Page } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { Search } from '../kit/search.tsx';
import { MayTheyCall } from './may-they-call.tsx';
import { Tokens } from './tokens.tsx';
import { Users } from './users.tsx';

/** Who may what, and by which tokens. */
const Access = () => {
  const person = useRoute().query.get('person') ?? '';
  return (
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
      <div className="row filters">
        <Search
          label="Person or token"
          value={person}
          onChange={(wanted) => goTo(pageUrl(['access'], { person: wanted }), { replace: true })}
        />
      </div>
      <Users person={person} />
      <Tokens person={person} />
    </Page>
  );
};

export default Access;
