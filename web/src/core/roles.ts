import type { Role } from '../api/types.ts';

/** Owners and admins: whoever runs the workspace. */
export const runsWorkspace = (role: Role): boolean => role === 'owner' || role === 'admin';
