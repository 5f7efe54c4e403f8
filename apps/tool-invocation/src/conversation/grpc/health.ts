import { fail } from '#libs/errors';
import { GRPC_UNAVAILABLE } from '#libs/grpc';
import { heldBytes } from '#libs/resilience';
import type { GrpcSender } from '../../transport/grpc/sender.js';

const CHECK_PATH = '/grpc.health.v1.Health/Check';
/** A `HealthCheckRequest` of the server as a whole. */
const OF_SERVER = new Uint8Array();
/** A `HealthCheckResponse` whose `status` is NOT_SERVING. */
const NOT_SERVING = Buffer.from([8, 2]);

/**
 * Asks a server whether it is there, without a credential. One that has no health service, or shows it to nobody, is; rejects
 * with why it is not. https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export const checkHealth = (sender: GrpcSender, timeoutMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const held = heldBytes.claim('documents');
    const end = (error?: Error): void => {
      clearTimeout(timer);
      held.release();
      if (error === undefined) resolve();
      else reject(error);
    };
    let isServing = true;
    const collector = sender.send(
      { path: CHECK_PATH, messages: [OF_SERVER], headers: [], timeoutMs },
      {
        held,
        received: (message) => {
          isServing &&= !NOT_SERVING.equals(message);
        },
        ended: ({ code }) => {
          if (code === GRPC_UNAVAILABLE) end(away('The server answers UNAVAILABLE'));
          else end(isServing ? undefined : away('The server says that it is not serving'));
        },
        failed: end,
      },
    );
    const timer = setTimeout(() => {
      collector.abandon();
      end(fail('upstream.timed_out', { executed: collector.executed }));
    }, timeoutMs);
  });

const away = (message: string): Error => fail('upstream.unreachable', { message, executed: 'no' });
