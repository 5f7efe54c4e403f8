import type { IncomingError } from '#libs/mcp';
import { HttpRefusal } from '../../transport/http/refusal.js';

/** What the official SDKs say of a session that they do not know; also of a request that took too long. */
const SESSION_NOT_FOUND = -32001;

/**
 * Whether an error says that the session is gone. 404 does by the book; servers that have not read it answer 400 with a word
 * on sessions, or any other status with the code of the SDKs. Within a plain answer both code and word have to stand.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
 */
export const saysLostSession = ({ error }: IncomingError, httpStatus: number | undefined): boolean => {
  if (httpStatus === 404) return true;
  const { code, message } = error;
  if (httpStatus !== undefined && httpStatus >= 400 && code === SESSION_NOT_FOUND) return true;
  return /session/i.test(message) && (httpStatus === 400 || code === SESSION_NOT_FOUND);
};

/** The same of an answer that is no message. */
export const refusesSession = ({ status, said }: HttpRefusal): boolean =>
  status === 404 ||
  (status >= 400 && /session/i.test(said) && (status === 400 || said.includes(String(SESSION_NOT_FOUND))));
