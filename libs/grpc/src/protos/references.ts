import type { DescriptorProto } from '@bufbuild/protobuf/wkt';
import type { Field, ReflectionObject, Service, Type } from 'protobufjs';
import { WELL_KNOWN } from '../descriptors/well-known.js';
import { GRPC_LIMITS } from '../limits.js';
import { elementsOf, isEnum, isField, isService, isType, joined, ownFields, SCALARS } from './elements.js';
import { lineOf, type ParsedProto, refusedAt } from './parsed-proto.js';

/** Throws `DescriptorsRefused` where a name is there twice, or a type is in none of the files. */
export const checkReferences = (parsed: readonly ParsedProto[]): void => new Names(parsed).check();

/** Every name that a type or a service has. */
class Names {
  readonly #owners = new Map<string, ParsedProto | null>();

  constructor(private readonly parsed: readonly ParsedProto[]) {
    for (const { package: name, messageType, enumType } of WELL_KNOWN) this.#know(name, messageType, enumType);
    for (const proto of parsed) this.#collect(proto, elementsOf(proto), proto.package);
  }

  check(): void {
    for (const proto of this.parsed) this.#checkIn(proto, elementsOf(proto), proto.package);
  }

  #know(scope: string, messages: readonly DescriptorProto[], enums: readonly { readonly name: string }[]): void {
    for (const { name } of [...messages, ...enums]) this.#owners.set(joined(scope, name), null);
    for (const { name, nestedType, enumType } of messages) this.#know(joined(scope, name), nestedType, enumType);
  }

  #collect(proto: ParsedProto, elements: readonly ReflectionObject[], scope: string): void {
    for (const each of elements) {
      if (!isType(each) && !isEnum(each) && !isService(each)) continue;
      const name = joined(scope, each.name);
      const owner = this.#owners.get(name);
      if (owner !== undefined) {
        const line = lineOf(proto.file, new RegExp(`\\b(message|enum|service|group)\\s+${each.name}\\b`));
        throw refusedAt(proto.file, line, `${name} is in ${owner?.file.name ?? 'the well-known types'} already`);
      }
      const { protoNameCharsMax, protoNamePartsMax } = GRPC_LIMITS;
      if (name.length > protoNameCharsMax || name.split('.').length > protoNamePartsMax)
        throw refusedAt(proto.file, undefined, `the name ${name.slice(0, 100)}… is too long`);
      this.#owners.set(name, proto);
      if (isType(each)) this.#collect(proto, each.nestedArray, name);
    }
  }

  #checkIn(proto: ParsedProto, elements: readonly ReflectionObject[], scope: string): void {
    for (const each of elements) {
      if (isType(each)) this.#checkType(proto, each, joined(scope, each.name));
      else if (isService(each)) this.#checkService(proto, each, scope);
      else if (isField(each)) this.#checkField(proto, each, scope);
    }
  }

  #checkType(proto: ParsedProto, type: Type, scope: string): void {
    for (const field of ownFields(type)) this.#checkField(proto, field, scope);
    this.#checkIn(proto, type.nestedArray, scope);
  }

  #checkField(proto: ParsedProto, { name, id, type }: Field, scope: string): void {
    if (SCALARS.has(type) || this.#has(type, scope)) return;
    const pattern = new RegExp(`\\b${escaped(type)}(?:\\s*>)?\\s*${name}\\s*=\\s*${id}\\b`);
    throw this.#missing(proto, pattern, type, `the field ${joined(scope, name)}`);
  }

  #checkService(proto: ParsedProto, service: Service, scope: string): void {
    for (const { name, requestType, responseType } of service.methodsArray)
      for (const type of [requestType, responseType])
        if (!this.#has(type, scope))
          throw this.#missing(proto, new RegExp(`\\brpc\\s+${name}\\b`), type, `the method ${service.name}.${name}`);
  }

  /** From the inside out. */
  #has(name: string, scope: string): boolean {
    if (name.startsWith('.')) return this.#owners.has(name.slice(1));
    for (let around = scope; ; around = around.slice(0, Math.max(0, around.lastIndexOf('.')))) {
      if (this.#owners.has(joined(around, name))) return true;
      if (around === '') return false;
    }
  }

  #missing({ file, imports }: ParsedProto, pattern: RegExp, type: string, where: string): Error {
    const names = new Set([...WELL_KNOWN.map(({ name }) => name), ...this.parsed.map((each) => each.file.name)]);
    const isThere = (name: string): boolean =>
      [...names].some((known) => known === name || name.endsWith(`/${known}`) || known.endsWith(`/${name}`));
    const away = imports.filter((name) => !isThere(name));
    const hint = away.length === 0 ? '' : `; it imports ${away.join(', ')}, which was not handed over`;
    return refusedAt(file, lineOf(file, pattern), `the type ${type} of ${where} is in none of the files${hint}`);
  }
}

const escaped = (text: string): string => text.replaceAll(/[^A-Za-z0-9_]/g, '\\$&');
