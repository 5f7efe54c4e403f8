/** Sets the time of day of this process by `CLOCK_AHEAD_MS`, as if its host's clock were wrong. Imported first. */
const aheadMs = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);
const now = Date.now.bind(Date);
Date.now = () => now() + aheadMs;
