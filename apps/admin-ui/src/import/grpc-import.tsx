import { type FormEvent, useId, useState } from 'react';
import { fieldsOf } from '../kit/text.tsx';
import { Outcomes, useRegistering } from '../upstreams/registering.tsx';
import { AddressFields, TokenField, registrationOf } from '../upstreams/address-fields.tsx';

const FILES_BYTES_MAX = 700_000;

const base64Of = async (file: File): Promise<string> => {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
};

/** What a server is described by in the place of its reflection: `.proto` files, or what a compiler makes of them. */
const handedOver = async (files: readonly File[]) => {
  const [first] = files;
  if (first === undefined) return {};
  if (!isProto(first)) return { reflection: false, descriptorSet: await base64Of(first) };
  const protoFiles = files.map(async (file) => ({ name: file.name, content: await file.text() }));
  return { reflection: false, protoFiles: await Promise.all(protoFiles) };
};

const isProto = ({ name }: File): boolean => name.endsWith('.proto');

const wrongWith = (files: readonly File[]): string | null => {
  if (files.length > 1 && !files.every(isProto)) return 'Choose .proto files, or the one file that a compiler wrote';
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return bytes > FILES_BYTES_MAX ? `The file${files.length === 1 ? ' is' : 's are'} larger than 700 KB` : null;
};

/** A gRPC server: read by reflection, or by the descriptors that are handed over. */
export const GrpcImport = () => {
  const ids = { services: useId(), file: useId(), hint: useId() };
  const [wrong, setWrong] = useState<string | null>(null);
  const registering = useRegistering();
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = fieldsOf(form);
    const chosen = new FormData(form).getAll('descriptors');
    const files = chosen.filter((file): file is File => file instanceof File && file.size > 0);
    const problem = wrongWith(files);
    setWrong(problem);
    if (problem !== null) return;
    const services = (fields['services'] ?? '').split(/[\s,]+/).filter((service) => service !== '');
    const grpc = {
      ...(await handedOver(files)),
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
              <label htmlFor={ids.file}>Its .proto files, or their descriptors</label>
              <input
                id={ids.file}
                name="descriptors"
                type="file"
                multiple
                accept=".proto,.pb,.bin,.desc,.protoset"
                aria-describedby={ids.hint}
                aria-invalid={wrong !== null}
              />
              <span
                id={ids.hint}
                className={wrong === null ? 'hint' : 'wrong'}
                role={wrong === null ? undefined : 'alert'}
              >
                {wrong ??
                  'With what they import, or as protoc --include_imports --descriptor_set_out=shop.pb writes them; up to 700 KB'}
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
