/** The largest message, head and body together, that travels at all. Both adapters refuse more with `bus.too_large`. */
export const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

/** Frames that may be on their way before the asker has taken one. */
export const WINDOW_FRAMES = 32;
/** A frame is sent as long as fewer bytes than this are on their way. */
export const WINDOW_BYTES = 1024 * 1024;

/** How often an instance tells its askers that it is still at work on what takes longer than this. */
export const BEAT_INTERVAL_MS = 1_000;
/** How often a process looks after the calls that it has asked and answers. */
export const TICK_MS = 100;
/** A call that takes longer is in the next beat, however young. */
export const FIRST_BEAT_MS = 200;
/** A request that is older when it arrives is begun only when its asker says that it still waits for it. */
export const CONFIRM_AFTER_MS = 400;
/** Without any sign of a request for so long, its asker wants to know who has it. More than `CONFIRM_AFTER_MS`. */
export const FIRST_SIGN_MS = 500;
/**
 * So long may an answerer begin an asker's requests after it has asked for its clock. Whoever is cut off may not have begun
 * what is sent after that, so that it can go to another.
 */
export const LICENCE_MS = 2_000;
/** The times of day of two services may be so far apart; more is named. */
export const CLOCK_SKEW_MS_MAX = 60_000;
/** Silence after which either side holds the other for dead. */
export const SILENCE_MS = 5_000;

/** How long `drain` lets calls in hand finish. */
export const DRAIN_GRACE_MS = 20_000;
/** A contract with a longer deadline follows something rather than computes it; a drain ends such calls at once. */
export const FOLLOWING_DEADLINE_MS = 600_000;
