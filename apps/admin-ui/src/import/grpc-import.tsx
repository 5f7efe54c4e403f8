import { type FormEvent, useId, useState } from 'react';
import { fieldsOf } from '../kit/text.tsx';
import { Outcomes, useRegistering } from '../upstreams/registering.tsx';
import { AddressFields, TokenField, registrationOf } from './address-fields.tsx';

const FILE_BYTES_MAX = 700_000;

const base64Of = async (file: File): Promise<string> => {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
};

/** A gRPC server: read by reflection, or by the descriptors that are handed over. */
export const GrpcImport = () => {
  const ids = { services: useId(), file: useId(), hint: useId() };
  const [wrong, setWrong] = useState<string | null>(null);
  const registering = useRegistering();
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = fieldsOf(form);
    const file = new FormData(form).get('descriptors');
    const descriptors = file instanceof File && file.size > 0 ? file : null;
    if (descriptors !== null && descriptors.size > FILE_BYTES_MAX) return setWrong('The file is larger than 700 KB');
    setWrong(null);
    const services = (fields['services'] ?? '').split(/[\s,]+/).filter((service) => service !== '');
    const grpc = {
      ...(descriptors !== null && { reflection: false, descriptorSet: await base64Of(descriptors) }),
      ...(services.length > 0 && { services }),
    };
    registering.mutate([{ ...registrationOf(fields), transport: 'GRPC', grpc }]);
  };
  return (
    <>
      <form
        className="panel stack"
        onSubmit={(event: FormEvent<HTMLFormElement>) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <AddressFields placeholder="http://shop.example.com:50051" />
        <div className="field">
          <label htmlFor={ids.services}>Services, where not all are wanted</label>
          <input
            id={ids.services}
            name="services"
            className="input"
            autoComplete="off"
            placeholder="shop.v1.Shop, shop.v1.Orders"
          />
        </div>
        <details>
          <summary>Without reflection, and credential</summary>
          <div className="cols">
            <div className="field">
              <label htmlFor={ids.file}>Descriptors, as a compiler writes them</label>
              <input
                id={ids.file}
                name="descriptors"
                type="file"
                accept=".pb,.bin,.desc,.protoset"
                aria-describedby={ids.hint}
                aria-invalid={wrong !== null}
              />
              <span
                id={ids.hint}
                className={wrong === null ? 'hint' : 'wrong'}
                role={wrong === null ? undefined : 'alert'}
              >
                {wrong ?? 'protoc --include_imports --descriptor_set_out=shop.pb; up to 700 KB'}
              </span>
            </div>
            <TokenField label="Bearer token of the server" />
          </div>
        </details>
        <div className="row">
          <button type="submit" className="button primary" disabled={registering.isPending}>
            {registering.isPending ? 'Reading the server …' : 'Add'}
          </button>
        </div>
      </form>
      <Outcomes of={registering} />
    </>
  );
};
