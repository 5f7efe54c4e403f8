/** Aborts when the process is told to stop, so that what it had begun is taken back. */
export const stopSignal = (): AbortSignal => {
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  return stopping.signal;
};
