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
      for (const field of message.fields) note(field, `${path},2,${message.proto.field.indexOf(field.proto)}`);
      for (const nested of message.nestedMessages)
        noteMessage(nested, `${path},3,${message.proto.nestedType.indexOf(nested.proto)}`);
    };
    for (const message of file.messages) noteMessage(message, `4,${file.proto.messageType.indexOf(message.proto)}`);
    for (const [index, service] of file.services.entries())
      for (const method of service.methods) note(method, `6,${index},2,${service.proto.method.indexOf(method.proto)}`);
  }
}

const keyOf = (element: DescMessage | DescField | DescMethod): string =>
  element.kind === 'message' ? element.typeName : `${element.parent.typeName} ${element.name}`;
