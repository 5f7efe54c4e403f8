import { Inject, Injectable } from '@nestjs/common';
import { WithBody } from '#libs/bus';
import { isMaskedUrl } from '#contracts/auth/upstream-secrets.rules';
import type { RequestOf } from '#contracts/define';
import type { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import { fail } from '#libs/errors';
import { mediaTypeCharset } from '#libs/openapi';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { refusalOf } from '../transport/http/refusal.js';
import { HttpApiSender } from '../transport/http-api/sender.js';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';
import { accessFor } from '../upstreams/upstream-credentials.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { answerOf } from '../transport/http-api/answer-of.js';

const FETCH_MS = 50_000;
const STRANGERS_FETCH_MS = 5_000;
const ACCEPT = 'application/json, application/yaml;q=0.9, text/*;q=0.8, */*;q=0.5';

/** Fetches documents that describe upstreams, from where upstreams may be reached. */
@Injectable()
export class DocumentService {
  private readonly egress: EgressPolicy;
  private readonly strangersEgress: EgressPolicy;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly directory: UpstreamDirectory,
  ) {
    this.egress = new EgressPolicy(settings.egress);
    this.strangersEgress = this.egress.forStrangers();
  }

  /** Rejects with `upstream.…`. */
  async fetch({
    url: shown,
    credential = null,
    upstreamId,
    showsCertificates = false,
    bytesMax,
    isStrangers = false,
    namedBy,
  }: RequestOf<typeof FetchDocument>) {
    const kept = upstreamId === undefined ? undefined : await this.directory.credentials.access(upstreamId, '');
    const given = accessFor(credential);
    // The query was given for the URL that it was masked in, and for no other.
    const query = isMaskedUrl(shown) ? kept?.documentQuery : undefined;
    const url = query === undefined ? shown : `${shown.split('?', 1)[0]}?${query}`;
    const request = { method: 'GET', url, headers: [['accept', ACCEPT]] as const, body: null };
    const sender = new HttpApiSender(
      { ...this.settings, resultBytesMax: bytesMax },
      isStrangers || (namedBy !== undefined && (await this.egress.isPublic(namedBy)))
        ? this.strangersEgress
        : this.egress,
    );
    try {
      const { status, headers, body } = await answerOf(
        sender,
        request,
        given.headers,
        isStrangers ? STRANGERS_FETCH_MS : FETCH_MS,
        given.tls ?? (showsCertificates ? kept?.tls : undefined),
      );
      if (body === null) throw fail('upstream.too_large', { message: `The document has more than ${bytesMax} bytes` });
      if (status !== 200)
        throw refusalOf(status, {
          retryAfter: headers['retry-after'],
          location: headers['location'],
          presented: credential !== null,
        });
      const text = new TextDecoder(mediaTypeCharset(headers['content-type'] ?? '')).decode(body);
      return new WithBody({ bytes: body.length }, text);
    } finally {
      await sender.close();
    }
  }
}
