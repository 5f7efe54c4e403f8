import { useId } from 'react';
import { fieldsOf } from '../kit/text.tsx';
import { Outcomes, useRegistering } from '../upstreams/registering.tsx';
import { AddressFields, TokenField, registrationOf } from '../upstreams/address-fields.tsx';

/** An agent of A2A, by its card. */
export const A2aImport = () => {
  const endpointId = useId();
  const registering = useRegistering();
  return (
    <>
      <form
        className="panel stack"
        onSubmit={(event) => {
          event.preventDefault();
          const fields = fieldsOf(event.currentTarget);
          const { endpoint } = fields;
          registering.mutate([{ ...registrationOf(fields), transport: 'A2A', ...(endpoint && { a2a: { endpoint } }) }]);
        }}
      >
        <AddressFields placeholder="https://agents.example.com/bakery" />
        <details>
          <summary>Endpoint and credential</summary>
          <div className="cols">
            <div className="field">
              <label htmlFor={endpointId}>Where messages may go, if elsewhere</label>
              <input id={endpointId} name="endpoint" type="url" className="input" autoComplete="off" />
            </div>
            <TokenField label="Bearer token of the agent" />
          </div>
        </details>
        <div className="row">
          <button type="submit" className="button primary" disabled={registering.isPending}>
            {registering.isPending ? 'Reading its card …' : 'Add'}
          </button>
        </div>
      </form>
      <Outcomes of={registering} />
    </>
  );
};
