import type { AnyRequest, ReplyOf, RequestOf } from '#libs/contracts';
import { GatewayError } from '#libs/errors';
import { hedge } from '#libs/resilience';
import type { Answer, Bus } from '../port.js';

/** Far beyond what an answer from memory or by key takes, far within every deadline. */
const HEDGE_AFTER_MS = 1_000;

/**
 * Asks, and after a second without an answer asks once more, which goes to any instance again: the one that was asked
 * may have died with the question. The first answer counts, a refusal too; of two that got none, the first's failure.
 * For questions that change nothing.
 */
export const hedgedAsk = <C extends AnyRequest>(
  bus: Bus,
  contract: C,
  request: RequestOf<C>,
  afterMs = HEDGE_AFTER_MS,
): Promise<Answer<ReplyOf<C>>> => {
  const deadlineAtMs = performance.now() + contract.deadlineMs;
  return hedge((signal) => bus.ask(contract, request, { timeoutMs: deadlineAtMs - performance.now(), signal }), {
    afterMs,
    isDecisive: isAnswer,
  });
};

const isAnswer = (error: unknown): boolean => error instanceof GatewayError && !error.code.startsWith('bus.');
