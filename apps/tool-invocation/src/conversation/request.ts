import { randomInt } from 'node:crypto';
import { assertRelayable, type IncomingError, type IncomingResult, requestText, withMeta } from '#libs/mcp';
import { fail, toGatewayError } from '#libs/errors';
import { VERSION } from '#libs/service';
import type { Channel } from '../transport/channel.js';
import { Exchange } from '../transport/exchange.js';

/** How the gateway introduces itself to upstreams. */
export const CLIENT_INFO = { name: 'switchyard', title: 'Switchyard', version: VERSION } as const;

/**
 * Request ids are unique in the process, so that no answer can be taken for another's on any connection. They begin anywhere, so that
 * what a call is asked for by one replica has another id than what another replica goes on with; they stay within 32 bits for long.
 */
let lastId = randomInt(2 ** 30);
export const nextRequestId = (): number => ++lastId;

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly headers?: readonly string[];
  readonly opensSession?: boolean;
}

export interface Response {
  readonly message: IncomingResult | IncomingError;
  readonly httpStatus: number | undefined;
}

/** Sends one of the gateway's own requests and waits for the answer. Rejects only when there is none. */
export const request = (
  channel: Channel,
  method: string,
  params: object,
  meta: object | null,
  { timeoutMs, headers = [], opensSession = false }: RequestOptions,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const paramsText = JSON.stringify(params);
    const id = nextRequestId();
    const exchange: Exchange = new Exchange(
      id,
      requestText(id, method, meta === null ? paramsText : withMeta(paramsText, meta)),
      headers,
      {
        answered: (message, httpStatus) => {
          clearTimeout(timer);
          try {
            // The entries of a list are looked at one by one.
            if (message.kind === 'result' && !method.endsWith('/list')) assertRelayable(message);
          } catch (error) {
            return reject(toGatewayError(error));
          }
          resolve({ message, httpStatus });
        },
        failed: (error) => {
          clearTimeout(timer);
          reject(error);
        },
        notified: () => {},
        requested: () => {},
      },
      opensSession,
    );
    exchange.isRepeatable = true;
    exchange.deadlineAtMs = performance.now() + timeoutMs;
    const timer = setTimeout(() => {
      exchange.abandon();
      reject(fail('upstream.timed_out', { executed: exchange.executed }));
    }, timeoutMs);
    channel.request(exchange);
  });
