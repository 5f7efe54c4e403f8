import type { Pool } from 'undici';
import { refusalOf } from './refusal.js';
import { wireError } from './wire-error.js';

const MESSAGE_MS = 30_000;

/** Sends a message that nothing but an acknowledgement answers. */
export const postMessage = async (
  pool: Pool,
  path: string,
  headers: readonly string[],
  body: string | undefined,
  method: 'POST' | 'DELETE' = 'POST',
): Promise<void> => {
  let status: number;
  try {
    const response = await pool.request({
      path,
      method,
      headers: [...headers],
      body: body ?? null,
      headersTimeout: MESSAGE_MS,
    });
    status = response.statusCode;
    await response.body.dump({ limit: 65_536 });
  } catch (error) {
    throw wireError(error, 'unknown');
  }
  if (status >= 300) throw refusalOf(status, '', undefined);
};
