import { defineRequest } from '../define.js';
import type { Principal } from './principal.js';

/** Who is this user, and what may they do by a token that narrows nothing? `null` for one who is not here. */
export const DescribeUser = defineRequest<
  { readonly email: string },
  { readonly user: { readonly principal: Principal; readonly isActive: boolean } | null }
>('auth', 'user.describe', { deadlineMs: 2_000 });
