/** Headers as a flat list of names and values; names in lower case. */
export type FlatHeaders = readonly string[];

/** What the gateway sends a connector. `ends`: the body ends with the bytes of this frame. */
export type GatewayFrame =
  | {
      readonly type: 'request';
      readonly id: number;
      readonly name: string;
      readonly method: string;
      /** Without the `?`; empty: none. */
      readonly query: string;
      readonly headers: FlatHeaders;
      /** In milliseconds: nobody waits for the answer after it. */
      readonly timeLeftMs: number;
      readonly ends: boolean;
    }
  | { readonly type: 'data'; readonly id: number; readonly ends: boolean }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'credit'; readonly id: number; readonly bytes: number }
  /** The gateway's process stops: what is open is finished, and the next connection is made now. */
  | { readonly type: 'leave' };

/** What a connector sends the gateway. */
export type ConnectorFrame =
  | {
      readonly type: 'response';
      readonly id: number;
      readonly status: number;
      readonly headers: FlatHeaders;
      readonly ends: boolean;
    }
  | { readonly type: 'data'; readonly id: number; readonly ends: boolean }
  | { readonly type: 'failed'; readonly id: number; readonly executed: 'no' | 'unknown'; readonly reason: string }
  | { readonly type: 'credit'; readonly id: number; readonly bytes: number }
  /** The connector stops: what is open is finished, and nothing new is to be sent. */
  | { readonly type: 'leave' };

/** A frame and its bytes. */
export interface Framed<Frame> {
  readonly frame: Frame;
  readonly bytes: Buffer;
}

/** Bytes of a body in one frame at most. */
export const CHUNK_BYTES_MAX = 65_536;
/** A WebSocket message with more is no frame: headers have room, and a chunk. */
export const FRAME_BYTES_MAX = CHUNK_BYTES_MAX + 65_536;
const HEAD_BYTES_MAX = FRAME_BYTES_MAX - CHUNK_BYTES_MAX;
const HEADERS_MAX = 200;
const TEXT_CHARS_MAX = 32_768;

/** It is no frame: whoever sent one is hung up on. */
export class MalformedFrame extends Error {}

const NO_BYTES = Buffer.alloc(0);

/**
 * A binary WebSocket message: the frame as JSON, a line feed, and bytes of a body. Throws `MalformedFrame` for what the
 * other end would hang up on: with it all other requests would end.
 */
export const encodeConnectorFrame = (frame: ConnectorFrame, bytes?: Buffer): Buffer =>
  encode(frame, CONNECTOR_FRAMES, bytes);

/** As `encodeConnectorFrame`. */
export const encodeGatewayFrame = (frame: GatewayFrame, bytes?: Buffer): Buffer => encode(frame, GATEWAY_FRAMES, bytes);

/** Throws `MalformedFrame`. */
export const decodeConnectorFrame = (message: Buffer): Framed<ConnectorFrame> => decode(message, CONNECTOR_FRAMES);

/** Throws `MalformedFrame`. */
export const decodeGatewayFrame = (message: Buffer): Framed<GatewayFrame> => decode(message, GATEWAY_FRAMES);

type Check = (value: unknown) => boolean;
type Shapes<Frame extends { readonly type: string }> = Readonly<Record<Frame['type'], Readonly<Record<string, Check>>>>;

/** A whole number above 0. */
const isId: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag: Check = (value) => typeof value === 'boolean';
const isText: Check = (value) => typeof value === 'string' && value.length <= TEXT_CHARS_MAX;
const isStatus: Check = (value) => Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599;
const isExecuted: Check = (value) => value === 'no' || value === 'unknown';

/** A name of RFC 9110, in lower case, and a value without control characters. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const areHeaders: Check = (value) =>
  Array.isArray(value) &&
  value.length % 2 === 0 &&
  value.length <= HEADERS_MAX * 2 &&
  value.every((text, index) => isText(text) && (index % 2 === 0 ? NAME : VALUE).test(text as string));

const METHOD = /^(?:GET|POST|DELETE)$/;
const isMethod: Check = (value) => typeof value === 'string' && METHOD.test(value);

const CONNECTOR_FRAMES: Shapes<ConnectorFrame> = {
  response: { id: isId, status: isStatus, headers: areHeaders, ends: isFlag },
  data: { id: isId, ends: isFlag },
  failed: { id: isId, executed: isExecuted, reason: isText },
  credit: { id: isId, bytes: isId },
  leave: {},
};

const GATEWAY_FRAMES: Shapes<GatewayFrame> = {
  request: {
    id: isId,
    name: isText,
    method: isMethod,
    query: isText,
    headers: areHeaders,
    timeLeftMs: isCount,
    ends: isFlag,
  },
  data: { id: isId, ends: isFlag },
  cancel: { id: isId },
  credit: { id: isId, bytes: isId },
  leave: {},
};

const decode = <Frame extends { readonly type: string }>(message: Buffer, shapes: Shapes<Frame>): Framed<Frame> => {
  const end = message.indexOf(0x0a);
  if (end < 0) throw new MalformedFrame('a frame has no head');
  let frame: Record<string, unknown> | null;
  try {
    frame = JSON.parse(message.toString('utf8', 0, end)) as Record<string, unknown> | null;
  } catch {
    throw new MalformedFrame('the head of a frame is not JSON');
  }
  const type = frame === null || typeof frame !== 'object' ? undefined : frame['type'];
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) throw new MalformedFrame('a frame is of no known type');
  const checked = frame as unknown as Frame;
  const bytes = message.subarray(end + 1);
  check(checked, shapes, bytes);
  return { frame: checked, bytes };
};

const encode = <Frame extends { readonly type: string }>(
  frame: Frame,
  shapes: Shapes<Frame>,
  bytes: Buffer = NO_BYTES,
): Buffer => {
  check(frame, shapes, bytes);
  const head = Buffer.from(`${JSON.stringify(frame)}\n`);
  if (head.length > HEAD_BYTES_MAX) throw new MalformedFrame('its headers are too large');
  return Buffer.concat([head, bytes]);
};

const check = <Frame extends { readonly type: string }>(frame: Frame, shapes: Shapes<Frame>, bytes: Buffer): void => {
  const { type } = frame;
  const members = frame as Readonly<Record<string, unknown>>;
  for (const [member, isRight] of Object.entries(shapes[type as Frame['type']]))
    if (!isRight(members[member])) throw new MalformedFrame(`"${member}" of a frame "${type}" is not right`);
  if (bytes.length > CHUNK_BYTES_MAX) throw new MalformedFrame('a frame has too many bytes of a body');
};
