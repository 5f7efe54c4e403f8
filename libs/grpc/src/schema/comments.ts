import type { DescField, DescFile, DescMessage, DescMethod, FileRegistry } from '@bufbuild/protobuf';

/** Comments stand in descriptors that a compiler wrote; servers do not reflect them. */
export class Comments {
  readonly #byElement = new Map<string, string>();

  constructor(
    registry: FileRegistry,
    private readonly charsMax: number,
  ) {
    for (const file of registry.files) if (file.proto.sourceCodeInfo !== undefined) this.#read(file);
  }

  /** Empty where there is none. */
  of(element: DescMessage | DescField | DescMethod): string {
    return this.#byElement.get(keyOf(element)) ?? '';
  }

  /** https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto: paths are field numbers and indexes. */
  #read(file: DescFile): void {
    const texts = new Map(
      file.proto.sourceCodeInfo?.location.map(({ path, leadingComments, trailingComments }) => [
        path.join(),
        (leadingComments || trailingComments).trim().replaceAll(/\s+/g, ' ').slice(0, this.charsMax),
      ]),
    );
    const note = (element: DescMessage | DescField | DescMethod, path: string): void => {
      const text = texts.get(path);
      if (text) this.#byElement.set(keyOf(element), text);
    };
    const noteMessage = (message: DescMessage, path: string): void => {
      note(message, path);
      const fields = indexesOf(message.proto.field);
      for (const field of message.fields) note(field, `${path},2,${fields.get(field.proto)}`);
      const nestedTypes = indexesOf(message.proto.nestedType);
      for (const nested of message.nestedMessages) noteMessage(nested, `${path},3,${nestedTypes.get(nested.proto)}`);
    };
    const messageTypes = indexesOf(file.proto.messageType);
    for (const message of file.messages) noteMessage(message, `4,${messageTypes.get(message.proto)}`);
    for (const [index, service] of file.services.entries()) {
      const methods = indexesOf(service.proto.method);
      for (const method of service.methods) note(method, `6,${index},2,${methods.get(method.proto)}`);
    }
  }
}

const indexesOf = <Proto>(protos: readonly Proto[]): Map<Proto, number> =>
  new Map(protos.map((proto, index) => [proto, index]));

const keyOf = (element: DescMessage | DescField | DescMethod): string =>
  element.kind === 'message' ? element.typeName : `${element.parent.typeName} ${element.name}`;
