import { NotSupported } from '#libs/service';
import { PageQuery } from '../rest/page.query.js';

/** Tokens that are revoked or have expired are listed as well, as `include_inactive` asks for. */
@NotSupported({ includeInactive: true })
export class TokenListQuery extends PageQuery {}
