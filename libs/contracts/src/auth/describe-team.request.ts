import { defineRequest } from '../define.js';

/** Which team is this? `null` for one that does not exist, or was deleted. */
export const DescribeTeam = defineRequest<
  { readonly teamId: string },
  { readonly team: { readonly id: string; readonly name: string } | null }
>('auth', 'team.describe', { deadlineMs: 2_000 });
