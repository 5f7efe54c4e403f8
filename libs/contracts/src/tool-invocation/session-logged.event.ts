import { defineEvent } from '../define.js';
import type { CallClient, CallFrame } from './execute-call.request.js';

/** A log message for the client of a session while none of its calls is open that could carry it. */
export const SessionLogged = defineEvent<
  Omit<Extract<CallFrame, { kind: 'log' }>, 'kind'> & { readonly clientKey: NonNullable<CallClient['key']> }
>('tool-invocation', 'session.logged');
