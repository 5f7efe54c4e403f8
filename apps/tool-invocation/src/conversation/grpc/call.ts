import { type GatewayError, toGatewayError } from '#libs/errors';
import {
  answerResult,
  GRPC_LIMITS,
  GRPC_OK,
  GRPC_UNAUTHENTICATED,
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
import type { Access } from '../../transport/channel.js';
import type { GrpcAnswerCollector, MessageSink } from '../../transport/grpc/answer-collector.js';
import type { GrpcSender } from '../../transport/grpc/sender.js';
import { invalidAnswer, toUpstreamError } from '../upstream-error.js';
import type { GrpcMethods } from './api.js';

/** What a call is sent with. */
export interface GrpcCallMeans {
  readonly sender: GrpcSender;
  readonly access: Access;
  readonly registry: GrpcMethods['registry'];
}

/** So long before its deadline a stream is answered with what has come. */
const MARGIN_MS = 250;

/** A tool call on its way to a gRPC server and back. */
export class GrpcCall implements MessageSink, UpstreamSide {
  slot = -1;
  private method: GrpcMethod | undefined;
  private request: Uint8Array | undefined;
  private collector: GrpcAnswerCollector | undefined;
  private isRepeated = false;
  /** The access token that is shown, where another may be tried: once. */
  private tokenId: string | undefined;
  private readonly messages: string[] = [];
  private chars = 0;
  private closing: NodeJS.Timeout | undefined;

  constructor(
    private readonly open: OpenCall,
    private readonly means: GrpcCallMeans,
    private readonly done: () => void,
  ) {}

  get held(): Claim {
    return this.open.held;
  }

  send(method: GrpcMethod): void {
    this.method = method;
    this.tokenId = this.means.access.tokenId;
    try {
      this.request = method.encode(memberText(this.open.paramsText, 'arguments') ?? '{}');
      this.dispatch(method, this.request);
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
    const { bytesMax } = this.means.sender;
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
    if (this.open.ended) return;
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

  /** A connection that was kept open may have been closed at the other end: what may be repeated is, once. */
  failed(error: GatewayError): void {
    const { method, request } = this;
    const heard = this.collector?.heard === true;
    const isLost = error.code === 'upstream.closed' && !heard && method?.isIdempotent === true;
    if (isLost && request !== undefined && !this.isRepeated && !this.open.ended) {
      this.isRepeated = true;
      try {
        return this.dispatch(method, request);
      } catch (problem) {
        return this.end(toUpstreamError(problem));
      }
    }
    this.open.heard ||= heard;
    this.end(error);
  }

  cancel(): void {
    this.finish();
    this.collector?.abandon();
  }

  private dispatch(method: GrpcMethod, request: Uint8Array): void {
    const { sender, access } = this.means;
    const timeoutMs = this.open.deadlineAtMs - performance.now();
    const headers = [...access.headers, ...traceHeaders(this.open.traceparent, this.open.call.passedContext)];
    clearTimeout(this.closing);
    if (method.isStreaming && timeoutMs > 2 * MARGIN_MS)
      this.closing = setTimeout(() => this.messages.length > 0 && this.cutShort(), timeoutMs - MARGIN_MS);
    this.collector = sender.send({ path: method.path, messages: [request], headers, timeoutMs }, this);
    this.open.carrier = this.collector;
  }

  private showAnother(tokenId: string, status: GrpcStatus): void {
    this.tokenId = undefined;
    const renewing = this.means.access.renew?.(tokenId) ?? Promise.resolve(false);
    renewing
      .then((isRenewed) => {
        if (!isRenewed) this.ended(status);
        else if (!this.open.ended) this.dispatch(this.method as GrpcMethod, this.request as Uint8Array);
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

  private end(error: GatewayError): void {
    this.finish();
    this.open.fail(error);
  }

  private finish(): void {
    clearTimeout(this.closing);
    this.done();
  }
}

const tooLong = (bytesMax: number): ToolResult =>
  textResult(`The answer is larger than the limit of ${bytesMax} bytes`, true);
