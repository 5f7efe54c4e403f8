import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { inImportOrder } from './import-order.js';
import { WELL_KNOWN } from './well-known.js';

const { BYTES, ENUM, GROUP, INT32, MESSAGE } = FieldDescriptorProto_Type;

const PACKAGE_SEGMENTS_MAX = 100;
/** Of all names that are put together to find types: a multiple of what the largest descriptors need. */
const NAME_CHARS_MAX = 256 * 1_048_576;

/** Descriptors that a registry can be made of, each file behind those it imports. */
export interface Repaired {
  readonly files: readonly FileDescriptorProto[];
  /** Fields whose type nobody describes, and which are shown as bytes or a number: `shop.v1.Item.maker: shop.v1.Maker`. */
  readonly opaque: readonly string[];
}

interface KnownType {
  readonly kind: 'message' | 'enum';
  readonly file: FileDescriptorProto;
}

/**
 * Makes whole what servers leave out of the descriptors that they reflect, as several libraries do: relative names of types,
 * missing imports and JSON names, well-known types under other names. The files are changed. Throws where files import one
 * another in a circle, or their names are too long to look types up in.
 */
export const repairDescriptors = (given: readonly FileDescriptorProto[]): Repaired => new Repair(given).run();

class Repair {
  readonly #types = new Map<string, KnownType>();
  readonly #services = new Set<string>();
  readonly #files: FileDescriptorProto[] = [];
  readonly #opaque: string[] = [];
  #nameChars = 0;

  constructor(given: readonly FileDescriptorProto[]) {
    for (const file of WELL_KNOWN) {
      for (const message of file.messageType) this.#addMessage(message, file.package, file);
      for (const each of file.enumType) this.#add(joined(file.package, each.name), { kind: 'enum', file });
    }
    const names = new Set(WELL_KNOWN.map(({ name }) => name));
    for (const file of given) {
      if (names.has(file.name)) continue;
      names.add(file.name);
      this.#collect(file);
      this.#files.push(file);
    }
  }

  run(): Repaired {
    for (const file of this.#files) this.#repairFile(file);
    return { files: inImportOrder([...WELL_KNOWN, ...this.#files]), opaque: this.#opaque };
  }

  /** A type that another file has already is left out: it would be there twice. */
  #collect(file: FileDescriptorProto): void {
    const within = file.package;
    if (within.split('.').length > PACKAGE_SEGMENTS_MAX)
      throw new Error(`the package of ${file.name.slice(0, 100)} has more than ${PACKAGE_SEGMENTS_MAX} segments`);
    file.messageType = file.messageType.filter((message) => this.#addMessage(message, within, file));
    file.enumType = file.enumType.filter((each) => this.#add(joined(within, each.name), { kind: 'enum', file }));
    file.service = file.service.filter(({ name }) => {
      const full = joined(within, name);
      return !this.#services.has(full) && this.#services.add(full);
    });
  }

  #addMessage(message: DescriptorProto, within: string, file: FileDescriptorProto): boolean {
    const name = joined(within, message.name);
    if (!this.#add(name, { kind: 'message', file })) return false;
    for (const nested of message.nestedType) this.#addMessage(nested, name, file);
    for (const nested of message.enumType) this.#add(joined(name, nested.name), { kind: 'enum', file });
    return true;
  }

  #add(name: string, type: KnownType): boolean {
    this.#count(name);
    if (this.#types.has(name)) return false;
    this.#types.set(name, type);
    return true;
  }

  #repairFile(file: FileDescriptorProto): void {
    const imports = new Set<string>();
    const note = (type: KnownType | undefined): void => {
      if (type !== undefined && type.file !== file) imports.add(type.file.name);
    };
    for (const message of file.messageType) this.#repairMessage(message, joined(file.package, message.name), note);
    file.extension = file.extension.filter((field) => this.#repairExtension(field, file.package, note));
    for (const { method } of file.service) {
      for (const each of method) {
        each.inputType = this.#absolute(each.inputType, file.package, note) ?? each.inputType;
        each.outputType = this.#absolute(each.outputType, file.package, note) ?? each.outputType;
      }
    }
    // A service whose types are nowhere cannot be described at all.
    for (const service of file.service)
      service.method = service.method.filter(({ inputType, outputType }) =>
        [inputType, outputType].every((name) => this.#types.has(name.slice(1))),
      );
    file.dependency = [...imports];
    file.publicDependency = [];
    file.weakDependency = [];
    file.optionDependency = [];
  }

  #repairMessage(message: DescriptorProto, name: string, note: (type: KnownType | undefined) => void): void {
    for (const nested of message.nestedType) this.#repairMessage(nested, joined(name, nested.name), note);
    for (const field of message.field) {
      field.jsonName ||= jsonNameOf(field.name);
      field.label ||= FieldDescriptorProto_Label.OPTIONAL;
      this.#repairType(field, name, note);
    }
    message.extension = message.extension.filter((field) => this.#repairExtension(field, name, note));
  }

  #repairType(field: FieldDescriptorProto, within: string, note: (type: KnownType | undefined) => void): void {
    if (field.typeName === '') return;
    const absolute = this.#absolute(field.typeName, within, note);
    if (absolute === undefined) {
      this.#opaque.push(`${within}.${field.name}: ${field.typeName}`);
      field.type = field.type === ENUM ? INT32 : BYTES;
      field.typeName = '';
      return;
    }
    field.typeName = absolute;
    const isEnum = this.#types.get(absolute.slice(1))?.kind === 'enum';
    if (field.type !== GROUP || isEnum) field.type = isEnum ? ENUM : MESSAGE;
  }

  #repairExtension(field: FieldDescriptorProto, within: string, note: (type: KnownType | undefined) => void): boolean {
    const extendee = this.#absolute(field.extendee, within, note);
    if (extendee === undefined) return false;
    field.extendee = extendee;
    field.label ||= FieldDescriptorProto_Label.OPTIONAL;
    this.#repairType(field, within, note);
    return true;
  }

  /** With a dot before it; `undefined` where no such type is known. Names are looked for from the inside out. */
  #absolute(name: string, within: string, note: (type: KnownType | undefined) => void): string | undefined {
    const isWhole = name.startsWith('.');
    const bare = isWhole ? name.slice(1) : name;
    for (let scope = isWhole ? '' : within; ; scope = around(scope)) {
      const full = joined(scope, bare);
      this.#count(full);
      const type = this.#types.get(full);
      if (type !== undefined) {
        note(type);
        return `.${full}`;
      }
      if (scope === '') return undefined;
    }
  }

  #count(name: string): void {
    this.#nameChars += name.length;
    if (this.#nameChars > NAME_CHARS_MAX) throw new Error('its names are too long');
  }
}

const joined = (within: string, name: string): string => (within === '' ? name : `${within}.${name}`);

/** The scope that this one stands in; of the outermost, none. */
const around = (scope: string): string => scope.slice(0, Math.max(0, scope.lastIndexOf('.')));

/** https://protobuf.dev/programming-guides/json/#field-names */
const jsonNameOf = (name: string): string =>
  name.replaceAll(/_+([A-Za-z0-9]?)/g, (_, next: string) => next.toUpperCase());
