import { defineRequest } from '#libs/contracts';

export const Work = defineRequest<
  { readonly forMs: number },
  { readonly pid: number; readonly skewedByMs: readonly number[] }
>('tool-invocation', 'work.do', { deadlineMs: 60_000 });
