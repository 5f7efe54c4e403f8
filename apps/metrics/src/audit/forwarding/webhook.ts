import { createHmac } from 'node:crypto';
import type { Destination } from './destination.js';

const PATIENCE_MS = 10_000;
const PREFIX = 'whsec_';

/**
 * An HTTP receiver, signed as https://www.standardwebhooks.com says: `webhook-id` is that of just these records; what comes
 * again may come with others, and is told by `seq`. `webhook-signature` is over the id, the time and the body.
 */
export const webhookDestination = (address: string, secret: string): Destination => {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
  return {
    name: 'webhook',
    async send(records) {
      const id = `audit-${records[0]?.seq}-${records.at(-1)?.seq}`;
      const timestamp = Math.floor(Date.now() / 1000);
      const body = JSON.stringify({ type: 'audit.records', records });
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const response = await fetch(address, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': `v1,${signature}`,
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the webhook was answered with ${response.status}`);
    },
  };
};
