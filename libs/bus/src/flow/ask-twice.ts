import type { AnyRequest, ReplyOf, RequestOf } from '#libs/contracts';
import { GatewayError } from '#libs/errors';
import type { Answer, Bus } from '../port.js';

/** Far beyond what an answer from memory or by key takes, far within every deadline. */
const PATIENCE_MS = 1_000;

/**
 * Asks, and after a second without an answer asks once more, which goes to any instance again: the one that was asked
 * may have died with the question. The first answer counts, a refusal too; of two that got none, the first's failure.
 * For questions that change nothing.
 */
export const askTwice = <C extends AnyRequest>(
  bus: Bus,
  contract: C,
  request: RequestOf<C>,
  patienceMs = PATIENCE_MS,
): Promise<Answer<ReplyOf<C>>> =>
  new Promise((resolve, reject) => {
    const control = new AbortController();
    const deadlineAtMs = Date.now() + contract.deadlineMs;
    let open = 0;
    let failure: unknown;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
      // After that, so that nobody hears that the other was called off.
      control.abort();
    };
    const ask = (): void => {
      open++;
      bus.ask(contract, request, { deadlineAtMs, signal: control.signal }).then(
        (answer) => end(() => resolve(answer)),
        (error: unknown) => {
          open--;
          failure ??= error;
          if (open === 0 || isAnswer(error)) end(() => reject(isAnswer(error) ? error : failure));
        },
      );
    };
    const timer = setTimeout(ask, patienceMs);
    ask();
  });

const isAnswer = (error: unknown): boolean => error instanceof GatewayError && !error.code.startsWith('bus.');
