import type { ServicePart } from '#libs/service';
import { ingressOptions } from './ingress.config.js';
import { IngressModule } from './ingress.module.js';

export const ingressService: ServicePart<typeof ingressOptions> = {
  name: 'ingress',
  options: ingressOptions,
  module: (config) => IngressModule.with(config),
  needs: { cache: true },
};

/** How MCP is kept on HTTP. `switchyard expose`, which is no gateway, keeps it the same way. */
export { BodyReader } from './transport/body-reader.js';
export { Heartbeat } from './transport/heartbeat.js';
export { HttpReply, type ReplySettings } from './transport/http-reply.js';
export { answerEmpty, answerJson } from './transport/json-answer.js';
export { acceptsEventStream, checkAccept, checkContentType } from './transport/media-type.js';
export { OriginGuard } from './transport/origin-guard.js';
export { refusalAnswer } from './transport/refusal-answer.js';
export { SseStream } from './transport/sse-stream.js';
