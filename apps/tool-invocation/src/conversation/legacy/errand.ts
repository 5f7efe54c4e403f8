import type { IncomingError, IncomingResult } from '#libs/mcp';
import type { Ask } from '../../call/open-call.js';

/** What is sent to a session for the sake of a call, where it is not the call itself. */
export interface Errand {
  readonly method?: string;
  readonly paramsText?: string;
  /** Takes the result in place of the call. */
  readonly take?: (result: IncomingResult) => void | Promise<void>;
  /** Takes an error in place of the call. */
  readonly refused?: (error: IncomingError) => void;
  /** Takes the upstream's questions in place of the call. */
  readonly asked?: (ask: Omit<Ask, 'key'>) => void;
  /** Tells the upstream that nobody waits any more, where that is not said of the request itself. */
  readonly cancel?: () => void;
}
