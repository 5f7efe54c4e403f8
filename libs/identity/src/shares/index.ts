export { CallShares, type ShareOwner, type ShareSettings, type TakenShares } from './call-shares.js';
export { retryHeaders } from './retry-headers.js';
export { ShareLedger } from './share-ledger.js';
export { shareOptions, shareSettingsOf } from './share.config.js';
