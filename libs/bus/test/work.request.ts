import { defineRequest } from '#libs/contracts';

export const Work = defineRequest<{ readonly forMs: number }, { readonly pid: number }>('tool-invocation', 'work.do', {
  deadlineMs: 60_000,
});
