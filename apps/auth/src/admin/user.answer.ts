import type { User } from '../storage/user.entity.js';

/** A user as REST shows them. */
export const userAnswer = (user: User) => ({
  email: user.email,
  full_name: user.fullName,
  is_admin: user.isAdmin,
  is_active: user.isActive,
  auth_provider: user.authProvider,
  created_at: user.createdAt,
});
