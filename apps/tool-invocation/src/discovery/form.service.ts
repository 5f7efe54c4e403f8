import { Inject, Injectable } from '@nestjs/common';
import { type CallContext, WithBody } from '#libs/bus';
import type { RequestOf } from '#contracts/define';
import type { PostForm } from '#contracts/tool-invocation/web/post-form.request';
import { fail } from '#libs/errors';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { HttpApiSender } from '../transport/http-api/sender.js';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';
import { answerOf } from '../transport/http-api/answer-of.js';

/** Posts forms, and what clients register themselves with, to authorization servers, from where upstreams may be reached. */
@Injectable()
export class FormService {
  private readonly egress: EgressPolicy;
  private readonly strangersEgress: EgressPolicy;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {
    this.egress = new EgressPolicy(settings.egress);
    this.strangersEgress = this.egress.forStrangers();
  }

  /** Rejects with `upstream.…`. */
  async post(
    { url, authorization, isJson, namedBy, bytesMax }: RequestOf<typeof PostForm>,
    { body: form, deadlineAtMs }: Pick<CallContext, 'body' | 'deadlineAtMs'>,
  ): Promise<WithBody<{ readonly status: number }>> {
    const isStrangers = namedBy !== undefined && (await this.egress.isPublic(namedBy));
    const egress = isStrangers ? this.strangersEgress : this.egress;
    const sender = new HttpApiSender({ ...this.settings, resultBytesMax: bytesMax }, egress);
    const headers = [
      ['content-type', isJson ? 'application/json' : 'application/x-www-form-urlencoded'],
      ['accept', 'application/json'],
    ] as const;
    const shown = authorization === undefined ? [] : ['authorization', authorization];
    try {
      const request = { method: 'POST', url, headers, body: Buffer.from(form ?? '') };
      const timeoutMs = Math.max(1, deadlineAtMs - performance.now());
      const { status, body } = await answerOf(sender, request, shown, timeoutMs);
      if (body === null) throw fail('upstream.too_large', { message: `The answer has more than ${bytesMax} bytes` });
      return new WithBody({ status }, new TextDecoder().decode(body));
    } finally {
      await sender.close();
    }
  }
}
