import { toGatewayError } from '#libs/errors';
import {
  answerResult,
  GRPC_LIMITS,
  GRPC_OK,
  GRPC_UNAUTHENTICATED,
  GRPC_UNAVAILABLE,
  type GrpcMethod,
  type GrpcStatus,
  statusResult,
  streamResult,
} from '#libs/grpc';
import { memberText } from '#libs/mcp';
import { ArgumentsRefused, textResult, type ToolResult } from '#libs/openapi';
import { type Claim, bytesHeld } from '#libs/resilience';
import { traceHeaders } from '#libs/telemetry';
import type { OpenCall, UpstreamSide } from '../../call/open-call.js';
import type { AddressBook } from '../../transport/addresses/address-book.js';
import type { Access } from '../../transport/channel.js';
import type { GrpcAnswerCollector, MessageSink } from '../../transport/grpc/answer-collector.js';
import type { GrpcSender } from '../../transport/grpc/sender.js';
import { RoutedCall } from '../routed-call.js';
import { invalidAnswer, toUpstreamError } from '../upstream-error.js';
import type { GrpcMethods } from './api.js';

/** What a call is sent with. */
export interface GrpcCallMeans {
  readonly url: string;
  /** What sends to `url`, or to an address of the book. */
  readonly senderAt: (url: string) => GrpcSender;
  readonly access: Access;
  readonly registry: GrpcMethods['registry'];
  /** Its addresses, by their URLs, where it has several. */
  readonly book?: AddressBook<string>;
}

/** So long before its deadline a stream is answered with what has come. */
const MARGIN_MS = 250;

/** A tool call on its way to a gRPC server and back. */
export class GrpcCall extends RoutedCall<GrpcStatus> implements MessageSink, UpstreamSide {
  slot = -1;
  private method: GrpcMethod | undefined;
  private request: Uint8Array | undefined;
  protected collector: GrpcAnswerCollector | undefined;
  /** The access token that is shown, where another may be tried: once. */
  private tokenId: string | undefined;
  private readonly messages: string[] = [];
  private chars = 0;
  private closing: NodeJS.Timeout | undefined;

  constructor(
    open: OpenCall,
    private readonly means: GrpcCallMeans,
    private readonly done: () => void,
  ) {
    super(open, means.url, means.book);
  }

  get held(): Claim {
    return this.open.held;
  }

  send(method: GrpcMethod): void {
    this.method = method;
    this.tokenId = this.means.access.tokenId;
    try {
      this.request = method.encode(memberText(this.open.paramsText, 'arguments') ?? '{}');
      this.route.begin();
      this.dispatch();
    } catch (error) {
      if (error instanceof ArgumentsRefused) this.give(textResult(error.message, true));
      else this.end(toGatewayError(error));
    }
  }

  received(message: Uint8Array): void {
    const { method } = this;
    if (method === undefined || this.open.ended) return;
    try {
      const json = method.decode(message);
      this.messages.push(json);
      this.chars += json.length;
      this.collector?.keeps(this.chars);
    } catch (error) {
      return this.stop(() => this.end(toUpstreamError(error)));
    }
    const { bytesMax } = this.sender;
    if (!method.isStreaming) {
      if (this.messages.length > 1) this.stop(() => this.end(invalidAnswer('it has more than one message')));
      else if (this.chars > bytesMax) this.stop(() => this.give(tooLong(bytesMax)));
      return;
    }
    this.open.heard = true;
    this.open.progress({ kind: 'progress', progress: this.messages.length });
    if (this.chars > bytesMax) this.messages.pop();
    if (this.chars > bytesMax || this.messages.length >= GRPC_LIMITS.streamMessagesMax) this.cutShort();
  }

  ended(status: GrpcStatus): void {
    this.open.heard = true;
    const away = status.code === GRPC_UNAVAILABLE ? 'The server answered UNAVAILABLE' : null;
    if (this.open.ended || this.isElsewhere(status, away)) return;
    this.conclude(status);
  }

  protected conclude(status: GrpcStatus): void {
    const { access, registry } = this.means;
    const { messages, method } = this;
    const isRefused = status.code === GRPC_UNAUTHENTICATED && messages.length === 0;
    if (isRefused && this.tokenId !== undefined) return this.showAnother(this.tokenId, status);
    if (status.code !== GRPC_OK) {
      const names = access.headers.filter((_, index) => index % 2 === 0);
      return this.give(statusResult(status, registry, names));
    }
    if (method?.isStreaming) return this.give(streamResult(messages, true));
    const [json] = messages;
    if (json === undefined) return this.end(invalidAnswer('it has no message'));
    this.give(answerResult(json));
  }

  cancel(): void {
    this.finish();
    this.collector?.abandon();
  }

  protected dispatch(): void {
    const { access } = this.means;
    const method = this.method as GrpcMethod;
    const request = this.request as Uint8Array;
    const timeoutMs = this.open.deadlineAtMs - performance.now();
    const headers = [...access.headers, ...traceHeaders(this.open.traceparent, this.open.call.passedContext)];
    clearTimeout(this.closing);
    if (method.isStreaming && timeoutMs > 2 * MARGIN_MS)
      this.closing = setTimeout(() => this.messages.length > 0 && this.cutShort(), timeoutMs - MARGIN_MS);
    this.collector = this.sender.send({ path: method.path, messages: [request], headers, timeoutMs }, this);
    this.open.carrier = this.carrier;
  }

  private get sender(): GrpcSender {
    return this.means.senderAt(this.route.line);
  }

  /** A stream that has begun stays whole. */
  protected get mayBeRepeated(): boolean {
    return this.method?.isIdempotent === true && this.messages.length === 0;
  }

  private showAnother(tokenId: string, status: GrpcStatus): void {
    this.tokenId = undefined;
    const renewing = this.means.access.renew?.(tokenId) ?? Promise.resolve(false);
    renewing
      .then((isRenewed) => {
        if (!isRenewed) this.ended(status);
        else if (!this.open.ended) this.dispatch();
      })
      .catch((error: unknown) => this.end(toGatewayError(error)));
  }

  /** A stream that goes on is answered with what has come of it. */
  private cutShort(): void {
    this.stop(() => this.give(streamResult(this.messages, false)));
  }

  private stop(tell: () => void): void {
    this.collector?.abandon();
    tell();
  }

  private give({ text, isError }: ToolResult): void {
    this.finish();
    const shown = this.means.access.redact(text);
    this.held.set(bytesHeld(shown));
    this.open.answer({ kind: 'result' }, shown, isError);
  }

  protected finish(): void {
    clearTimeout(this.closing);
    this.done();
  }
}

const tooLong = (bytesMax: number): ToolResult =>
  textResult(`The answer is larger than the limit of ${bytesMax} bytes`, true);
