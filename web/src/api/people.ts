/** People, links, security and keys, through the one door. */
import { request } from './client.ts';
import type {
  ApiKey,
  BegunSecondFactor,
  CreatedKey,
  CreateKey,
  Group,
  Invitation,
  InvitationView,
  JoinRequest,
  Locale,
  Me,
  Member,
  RecoveryView,
  Role,
  SecondFactor,
  Session,
  SignUpPolicy,
} from './types.ts';

type List<T> = { items: T[] };
const items = async <T>(path: string): Promise<T[]> => (await request<List<T>>('GET', path)).items;

export const people = {
  members: () => items<Member>('/members'),
  changeMember: (id: string, body: { role?: Role; agents?: string[]; suspended?: boolean }) =>
    request<Member>('PATCH', `/members/${id}`, { body }),
  removeMember: (id: string) => request<void>('DELETE', `/members/${id}`),
  recoveryLink: (id: string) =>
    request<{ token: string }>('POST', `/members/${id}/recovery-link`, { body: {} }),

  groups: () => items<Group>('/groups'),
  createGroup: (body: { id: string; name: string }) => request<Group>('POST', '/groups', { body }),
  renameGroup: (id: string, name: string) => request<Group>('PATCH', `/groups/${id}`, { body: { name } }),
  removeGroup: (id: string) => request<void>('DELETE', `/groups/${id}`),
  joinGroup: (id: string, memberId: string) => request<void>('PUT', `/groups/${id}/members/${memberId}`),
  leaveGroup: (id: string, memberId: string) => request<void>('DELETE', `/groups/${id}/members/${memberId}`),

  createProgram: (body: { id: string; login: string; name: string; role: Role; agents?: string[] }) =>
    request<Member>('POST', '/service-accounts', { body }),

  invitations: () => items<Invitation>('/invitations'),
  invite: (body: { id: string; role: Role; agents?: string[]; group_ids?: string[]; most_uses?: number }) =>
    request<{ invitation: Invitation; token: string }>('POST', '/invitations', { body }),
  revokeInvitation: (id: string) => request<void>('DELETE', `/invitations/${id}`),
  lookAtInvitation: (token: string) =>
    request<InvitationView>('POST', '/invitations/look', { body: { token } }),
  acceptInvitation: (body: {
    token: string;
    login: string;
    password: string;
    name: string;
    locale: Locale;
  }) => request<Me>('POST', '/invitations/accept', { body }),

  signUp: () => request<{ policy: SignUpPolicy }>('GET', '/sign-up'),
  setSignUp: (policy: SignUpPolicy) =>
    request<{ policy: SignUpPolicy }>('PUT', '/sign-up', { body: { policy } }),
  joinRequests: () => items<JoinRequest>('/sign-up/requests'),
  askToJoin: (body: { login: string; password: string; name: string; locale: Locale; note: string }) =>
    request<void>('POST', '/sign-up/requests', { body }),
  approve: (id: string, body: { role: Role; agents?: string[] }) =>
    request<Member>('POST', `/sign-up/requests/${id}/approve`, { body }),
  refuse: (id: string) => request<void>('POST', `/sign-up/requests/${id}/refuse`, { body: {} }),

  lookAtRecovery: (token: string) => request<RecoveryView>('POST', '/recovery/look', { body: { token } }),
  recover: (token: string, password: string) =>
    request<void>('POST', '/recovery', { body: { token, password } }),

  changePassword: (body: { current: string; new: string; code?: string }) =>
    request<void>('PUT', '/me/password', { body }),
  sessions: () => items<Session>('/me/sessions'),
  endSession: (id: string) => request<void>('DELETE', `/me/sessions/${id}`),
  endOtherSessions: () => request<void>('DELETE', '/me/sessions'),
  secondFactor: () => request<SecondFactor>('GET', '/me/second-factor'),
  beginSecondFactor: (password: string) =>
    request<BegunSecondFactor>('POST', '/me/second-factor', { body: { password } }),
  confirmSecondFactor: (code: string) =>
    request<{ recovery_codes: string[] }>('POST', '/me/second-factor/confirm', { body: { code } }),
  removeSecondFactor: (password: string, code: string) =>
    request<void>('POST', '/me/second-factor/remove', { body: { password, code } }),

  keys: () => items<ApiKey>('/keys'),
  createKey: (body: CreateKey) => request<CreatedKey>('POST', '/keys', { body }),
  rotateKey: (id: string) => request<CreatedKey>('POST', `/keys/${id}/rotate`, { body: {} }),
  revokeKey: (id: string) => request<void>('DELETE', `/keys/${id}`),
};
