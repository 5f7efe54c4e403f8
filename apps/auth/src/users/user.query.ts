import { NotSupported } from '#libs/service';
import { PageQuery } from '../rest/page.query.js';

/** The answer always says how many users there are, as `include_pagination` asks for. */
@NotSupported({ includePagination: true })
export class UserListQuery extends PageQuery {}
