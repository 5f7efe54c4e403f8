import { fail } from '#libs/errors';
import type { HttpAnswer, HttpRequest } from '#libs/openapi';
import { heldBytes } from '#libs/resilience';
import type { AccessTls } from '../channel.js';
import type { HttpApiSender } from './sender.js';

/** The answer to one request, whatever its status. `headers`: a flat list. `isHeadEnough`: without its body. Rejects with `upstream.…`; throws as `send` does. */
export const answerOf = (
  sender: HttpApiSender,
  request: HttpRequest,
  headers: readonly string[],
  timeoutMs: number,
  tls?: AccessTls,
  isHeadEnough = false,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const held = heldBytes.claim('documents');
    const collector = sender.send(
      request,
      headers,
      {
        held,
        isHeadEnough,
        answered: (answer) => {
          held.release();
          clearTimeout(timer);
          resolve(answer);
        },
        failed: (error) => {
          held.release();
          clearTimeout(timer);
          reject(error);
        },
      },
      tls,
    );
    const timer = setTimeout(() => {
      collector.abandon();
      held.release();
      reject(fail('upstream.timed_out', { executed: collector.executed }));
    }, timeoutMs);
  });
