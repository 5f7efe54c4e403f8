import { useId } from 'react';

/** Where something is, and what it is to be called here: the fields `url` and `name` of a form. */
export const AddressFields = ({ placeholder }: { readonly placeholder: string }) => {
  const [urlId, nameId] = [useId(), useId()];
  return (
    <div className="cols">
      <div className="field">
        <label htmlFor={urlId}>Address</label>
        <input
          id={urlId}
          name="url"
          type="url"
          className="input"
          autoComplete="off"
          required
          placeholder={placeholder}
        />
      </div>
      <div className="field">
        <label htmlFor={nameId}>Name of the upstream</label>
        <input id={nameId} name="name" className="input" autoComplete="off" placeholder="from the address" />
      </div>
    </div>
  );
};

/** A token that is shown to what is there: the field `token` of a form. */
export const TokenField = ({ label }: { readonly label: string }) => {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} name="token" type="password" className="input" autoComplete="off" />
    </div>
  );
};

/** What those fields say, as a registration has it. */
export const registrationOf = ({ url = '', name, token }: Readonly<Record<string, string>>) => ({
  name: name || new URL(url).host,
  url,
  ...(token && { authType: 'bearer' as const, authToken: token }),
});
