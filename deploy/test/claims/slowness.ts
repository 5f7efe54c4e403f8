/** How many times as long work takes by now as it would with a core of its own. */
export const slowness = (): number => {
  const begunMs = performance.now();
  const before = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    if (user + system > 20_000) return Math.max(1, ((performance.now() - begunMs) * 1_000) / (user + system));
  }
};
