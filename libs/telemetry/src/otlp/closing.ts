/** How long a stopping process waits for a collector that does not answer. */
const CLOSING_MS = 1_500;

/** Resolves when the work is done, or when a stopping process has waited long enough for it. */
export const soon = async (work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSING_MS);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
};
