/** The largest message, head and body together, that travels at all. Both adapters refuse more with `bus.too_large`. */
export const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

/** Frames that may be on their way before the asker has taken one. */
export const WINDOW_FRAMES = 32;
/** A frame is sent as long as fewer bytes than this are on their way. */
export const WINDOW_BYTES = 1024 * 1024;

/** How often an instance tells its askers that it is still at work on what takes longer than this. */
export const BEAT_INTERVAL_MS = 1_000;
/** Silence after which either side holds the other for dead. */
export const SILENCE_MS = 5_000;

/** How long `drain` lets calls in hand finish. */
export const DRAIN_GRACE_MS = 20_000;
/** A contract with a longer deadline follows something rather than computes it; a drain ends such calls at once. */
export const FOLLOWING_DEADLINE_MS = 600_000;
