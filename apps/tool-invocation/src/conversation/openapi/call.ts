import { toGatewayError } from '#libs/errors';
import { missingScopesOf } from '#libs/identity';
import { FilterFailed, type JsonFilters } from '#libs/jq';
import { type Claim, bytesHeld } from '#libs/resilience';
import { memberText } from '#libs/mcp';
import { traceHeaders } from '#libs/telemetry';
import {
  ArgumentsRefused,
  buildRequest,
  type HttpAnswer,
  type HttpRequest,
  isIdempotent,
  jsonToFilter,
  resultOf,
  textResult,
  type ToolResult,
} from '#libs/openapi';
import type { OpenCall, UpstreamSide } from '../../call/open-call.js';
import { type Access, presentsCredential } from '../../transport/channel.js';
import type { AddressBook } from '../../transport/addresses/address-book.js';
import type { AnswerCollector, AnswerSink } from '../../transport/http-api/answer-collector.js';
import type { HttpApiSender } from '../../transport/http-api/sender.js';
import { AWAY, askedForMore, refusalOf } from '../../transport/http/refusal.js';
import { RoutedCall } from '../routed-call.js';
import { toUpstreamError } from '../upstream-error.js';
import type { HttpTool } from './tools.js';

/** Fixed pairs stand first, as in the URL that they were given in. */
const withQuery = (url: string, query: string | undefined): string => {
  if (query === undefined) return url;
  const at = url.indexOf('?');
  return at < 0 ? `${url}?${query}` : `${url.slice(0, at)}?${query}&${url.slice(at + 1)}`;
};

type Pairs = HttpRequest['headers'];

/** The headers of a request that the credential does not decide. */
const besides = (headers: Pairs, credential: readonly string[]): Pairs =>
  headers.filter(([name]) => !credential.some((each, index) => index % 2 === 0 && each === name));

/** Cookies of the credential and those of the arguments go in one header. https://www.rfc-editor.org/rfc/rfc6265#section-5.4 */
const withCookies = (headers: readonly string[], others: Pairs): readonly string[] => {
  const cookies = others.find(([name]) => name === 'cookie')?.[1];
  const at = headers.findIndex((each, index) => index % 2 === 0 && each === 'cookie');
  return cookies === undefined || at < 0 ? headers : headers.with(at + 1, `${headers[at + 1]}; ${cookies}`);
};

/** What a call is sent with. */
export interface HttpCallMeans {
  readonly baseUrl: string;
  readonly sender: HttpApiSender;
  readonly access: Access;
  readonly filters: JsonFilters;
  /** Its addresses, by their base URLs, where it has several. */
  readonly book?: AddressBook<string>;
}

/** A tool call on its way to an HTTP API and back. */
export class HttpCall extends RoutedCall<HttpAnswer> implements AnswerSink, UpstreamSide {
  slot = -1;
  private tool: HttpTool | undefined;
  private request: HttpRequest | undefined;
  protected collector: AnswerCollector | undefined;
  /** The base URL that the request was made for. */
  private line = '';
  /** The access token that is shown, where another may be tried: once. */
  private tokenId: string | undefined;

  constructor(
    open: OpenCall,
    private readonly means: HttpCallMeans,
    private readonly done: () => void,
  ) {
    super(open, means.baseUrl, means.book);
  }

  send(tool: HttpTool): void {
    if (this.open.ended) return this.done();
    this.tool = tool;
    this.tokenId = this.sendsCredential ? this.means.access.tokenId : undefined;
    try {
      const args = memberText(this.open.paramsText, 'arguments') ?? '{}';
      // What has a server of its own goes to none of the addresses.
      if (tool.binding.baseUrl === null) this.route.begin();
      this.line = this.route.line;
      this.request = buildRequest(tool.binding, this.line, args, tool.check);
      this.dispatch();
    } catch (error) {
      if (error instanceof ArgumentsRefused) this.give(textResult(error.message, true));
      else this.end(toGatewayError(error));
    }
  }

  get held(): Claim {
    return this.open.held;
  }

  answered(answer: HttpAnswer): void {
    this.open.heard = true;
    if (this.isElsewhere(answer, AWAY.has(answer.status) ? `The upstream answered HTTP ${answer.status}` : null))
      return;
    if (answer.status === 401 && this.tokenId !== undefined) return this.showAnother(this.tokenId, answer);
    const isNarrow = answer.status === 403 && this.sendsCredential && presentsCredential(this.means.access);
    const scopes = isNarrow ? missingScopesOf(answer.headers['www-authenticate'] ?? null) : [];
    if (scopes.length > 0) return this.askForMore(scopes);
    this.conclude(answer);
  }

  protected conclude(answer: HttpAnswer): void {
    const filter = this.tool?.filter;
    const json = filter === undefined ? undefined : jsonToFilter(answer);
    if (filter === undefined || json === undefined) return this.tell(answer);
    // What a filter cannot read is not shown: it may be there to keep something back.
    if (json === null) return this.give(textResult('The answer is no JSON, which the filter of the tool is for', true));
    this.means.filters.apply(filter, json).then(
      (filtered) => this.tell(answer, filtered),
      (error: unknown) => {
        if (error instanceof FilterFailed) this.give(textResult(error.message, true));
        else this.end(toGatewayError(error));
      },
    );
  }

  cancel(): void {
    this.done();
    this.collector?.abandon();
  }

  /** An operation that says it needs no credential, or that another origin serves, is shown none. */
  private get sendsCredential(): boolean {
    return this.tool?.binding.security?.length !== 0;
  }

  /** Certificates are for the server of the API; what another serves knows the gateway by none. */
  private tlsFor(url: string): Access['tls'] {
    const { access } = this.means;
    return access.tls && new URL(url).origin === new URL(this.route.line).origin ? access.tls : undefined;
  }

  protected get mayBeRepeated(): boolean {
    return this.request !== undefined && isIdempotent(this.request.method);
  }

  protected dispatch(): void {
    const { sender, access } = this.means;
    const request = this.requestAt(this.route.line);
    const credential = this.sendsCredential ? access.headers : [];
    const query = this.sendsCredential ? access.query : undefined;
    const headers = [...credential, ...traceHeaders(this.open.traceparent, this.open.call.passedContext)];
    const shown = { ...request, headers: besides(request.headers, credential), url: withQuery(request.url, query) };
    this.collector = sender.send(shown, withCookies(headers, request.headers), this, this.tlsFor(request.url));
    this.open.carrier = this.carrier;
  }

  private requestAt(line: string): HttpRequest {
    const request = this.request as HttpRequest;
    if (line === this.line) return request;
    this.request = { ...request, url: `${line}${request.url.slice(this.line.length)}` };
    this.line = line;
    return this.request;
  }

  protected finish(): void {
    this.done();
  }

  private showAnother(tokenId: string, answer: HttpAnswer): void {
    this.tokenId = undefined;
    const renewing = this.means.access.renew?.(tokenId) ?? Promise.resolve(false);
    renewing
      .then((isRenewed) => {
        if (!isRenewed) this.answered(answer);
        else if (!this.open.ended) this.dispatch();
      })
      .catch((error: unknown) => this.end(toGatewayError(error)));
  }

  private askForMore(scopes: readonly string[]): void {
    const { access } = this.means;
    const refusal = refusalOf(403, { scopes, presented: true });
    void askedForMore(access, refusal, scopes).then((error) => this.end(error));
  }

  private tell(answer: HttpAnswer, filtered?: string): void {
    if (this.open.ended) return;
    const { access, sender } = this.means;
    const { bodyBytesMax } = sender;
    if (filtered !== undefined && filtered.length > bodyBytesMax)
      return this.give(textResult(`The filtered answer is larger than the limit of ${bodyBytesMax} bytes`, true));
    try {
      const result = resultOf(answer, {
        bodyBytesMax,
        credentials: this.sendsCredential ? access.headers.filter((_, index) => index % 2 === 0) : [],
        ...(filtered !== undefined && { filtered }),
      });
      this.give({ ...result, text: access.redact(result.text) });
    } catch (error) {
      this.end(toUpstreamError(error));
    }
  }

  private give({ text, meta, isError }: ToolResult): void {
    this.done();
    this.held.set(bytesHeld(text));
    this.open.answer({ kind: 'result', ...(meta !== undefined && { meta }) }, text, isError);
  }
}
