import type { Root } from 'protobufjs';
import { DescriptorsRefused } from '../descriptors/descriptors.js';

/** A `.proto` as it was handed over. */
export interface ProtoFile {
  /** As others import it, or the end of that: `shop/v1/types.proto`. */
  readonly name: string;
  readonly content: string;
}

/** What a file says, before its names are looked up. */
export interface ParsedProto {
  readonly file: ProtoFile;
  readonly root: Root;
  /** Empty where it has none. */
  readonly package: string;
  readonly syntax: 'proto2' | 'proto3';
  readonly imports: readonly string[];
}

/** Named as `protoc` does: `shop.proto:3: …`. */
export const refusedAt = ({ name }: ProtoFile, line: number | undefined, reason: string): DescriptorsRefused =>
  new DescriptorsRefused(`${name}${line === undefined ? '' : `:${line}`}: ${reason.slice(0, 300)}`);

/** The line, from 1, of the first match. */
export const lineOf = ({ content }: ProtoFile, pattern: RegExp): number | undefined => {
  const at = content.search(pattern);
  return at < 0 ? undefined : content.slice(0, at).split('\n').length;
};
