import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Compressor, varying } from './compressor.js';

const TYPE = /^(?:application\/(?:[\w.-]+\+)?(?:json|yaml)|text\/(?:plain|csv|yaml))\s*(?:;|$)/i;
/** What they answer is made of secrets, and of what whoever leads a browser there has chosen: https://www.breachattack.com */
const NEVER = /^(?:\/v1)?\/(?:auth|oauth)(?:[/?]|$)/;

/**
 * Compresses answers to GET: they say what is there. Answers to all other methods are not compressed, since those alone hold
 * a secret (a token that was just made) beside text of whoever asks.
 */
export const compressAnswers = (fastify: FastifyInstance, compressor: Compressor): void => {
  if (!compressor.isEnabled) return;
  fastify.addHook('onSend', async (request, reply, payload) => {
    if (!mayBeCompressed(request, reply) || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) return payload;
    void reply.header('vary', varying(reply.getHeader('vary') ?? reply.raw.getHeader('vary')));
    const plain = typeof payload === 'string' ? Buffer.from(payload) : payload;
    const coding = compressor.chosen(request.headers, plain.length);
    const compressed = coding === null ? null : await compressor.compressed(coding, plain);
    if (coding === null || compressed === null) return payload;
    void reply.header('content-encoding', coding).header('content-length', compressed.length);
    return compressed;
  });
};

const mayBeCompressed = ({ method, url }: FastifyRequest, reply: FastifyReply): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  reply.statusCode === 200 &&
  !reply.hasHeader('content-encoding') &&
  TYPE.test(String(reply.getHeader('content-type'))) &&
  !NEVER.test(url);
