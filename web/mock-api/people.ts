/** People, links, sessions, second factor and keys of the pretended server. */
import type {
  ApiKey,
  Group,
  Invitation,
  JoinRequest,
  Me,
  Member,
  SecondFactor,
  Session,
  SignUpPolicy,
} from '../src/api/types.ts';
import { Refusal } from './refusal.ts';

type Body = Record<string, unknown>;
const AT = '2026-11-22T09:00:00Z';
const LATER = '2036-11-22T09:00:00Z';

export class People {
  members: Member[] = [];
  invitations: Invitation[] = [];
  groups: Group[] = [];
  requests: JoinRequest[] = [];
  policy: SignUpPolicy = 'invite';
  sessions: Session[] = [
    { id: 's1', client: null, created_at: AT, last_seen_at: AT, expires_at: LATER, current: true },
    { id: 's2', client: 'A phone', created_at: AT, last_seen_at: AT, expires_at: LATER, current: false },
  ];
  factor: SecondFactor = { on: false, recovery_codes_left: 0 };
  keys: ApiKey[] = [];

  constructor(me: Me | null) {
    const rest = { kind: 'person', agents: null, group_ids: [], suspended_at: null, created_at: AT } as const;
    if (!me) return;
    this.members.push({ ...rest, ...me.member, group_ids: [], second_factor: false });
    this.members.push({
      ...rest,
      id: 'm2',
      login: 'sun',
      name: 'Sun',
      role: 'member',
      locale: 'zh-CN',
      group_ids: [],
      second_factor: true,
    });
  }

  /** What anybody may ask without a session; null for everything else. */
  open(route: string, body: Body, join: (body: Body) => Me): unknown {
    const known = String(body.token).startsWith('good');
    switch (route) {
      case 'GET /sign-up':
        return { policy: this.policy };
      case 'POST /sign-up/:id': {
        if (this.policy !== 'open') throw new Refusal('forbidden');
        const { password: _, ...wish } = body;
        this.requests.push({ id: `r${this.requests.length + 1}`, created_at: AT, ...wish } as JoinRequest);
        return undefined;
      }
      case 'POST /invitations/:id':
        if (!known) throw new Refusal('link_invalid');
        if (body.login === undefined) {
          return { workspace: 'Home', invited_by: 'Mei', role: 'guest', expires_at: LATER };
        }
        if (body.login === 'mei') throw new Refusal('login_taken');
        return join(body);
      case 'POST /recovery/:id':
        if (!known) throw new Refusal('link_invalid');
        return { login: 'mei', drops_second_factor: false, expires_at: LATER };
      case 'POST /recovery':
        return undefined;
      default:
        return null;
    }
  }

  /** What the member asks; null when it is about something else. */
  own(route: string, parts: readonly string[], body: Body): unknown {
    const id = parts[1] ?? '';
    if (parts[0] === 'sign-up' && parts.length === 4)
      return this.#decide(parts[2] ?? '', parts[3] ?? '', body);
    switch (route) {
      case 'GET /members':
        return { items: this.members };
      case 'PATCH /members/:id': {
        const { suspended, ...rest } = body as { suspended?: boolean };
        const changed = this.#change(id, {
          ...rest,
          ...(suspended === undefined ? {} : { suspended_at: suspended ? AT : null }),
        });
        if (!this.members.some(({ role }) => role === 'owner')) {
          this.#change(id, { role: 'owner' });
          throw new Refusal('last_owner');
        }
        return changed;
      }
      case 'DELETE /members/:id':
        this.members = this.members.filter((member) => member.id !== id);
        return undefined;
      case 'POST /members/:id/recovery-link':
        return { token: 'hr_token', expires_at: LATER };
      case 'POST /service-accounts': {
        if (this.members.some(({ login }) => login === body.login)) throw new Refusal('login_taken');
        return this.#add({ kind: 'service', ...body });
      }
      case 'GET /groups':
        return { items: this.groups };
      case 'POST /groups':
        if (this.groups.some(({ name }) => name === body.name)) throw new Refusal('conflict');
        this.groups.push({ member_ids: [], created_at: AT, ...body } as unknown as Group);
        return this.groups.at(-1);
      case 'PATCH /groups/:id':
        return Object.assign(this.#group(id), body);
      case 'DELETE /groups/:id':
        this.groups = this.groups.filter((group) => group.id !== id);
        return undefined;
      case 'PUT /groups/:id/members/:id':
        this.#group(id).member_ids.push(parts[3] ?? '');
        this.#change(parts[3] ?? '', { group_ids: this.#groupsOf(parts[3] ?? '') });
        return undefined;
      case 'DELETE /groups/:id/members/:id': {
        const group = this.#group(id);
        group.member_ids = group.member_ids.filter((member) => member !== parts[3]);
        this.#change(parts[3] ?? '', { group_ids: this.#groupsOf(parts[3] ?? '') });
        return undefined;
      }
      case 'GET /invitations':
        return { items: this.invitations };
      case 'POST /invitations': {
        const made = { agents: null, group_ids: [], most_uses: 1, uses: 0, made_by: 'm1', revoked_at: null };
        const invitation = { ...made, created_at: AT, expires_at: LATER, ...body } as unknown as Invitation;
        this.invitations.push(invitation);
        return { invitation, token: 'hi_token' };
      }
      case 'DELETE /invitations/:id':
        this.invitations = this.invitations.filter((invitation) => invitation.id !== id);
        return undefined;
      case 'PUT /sign-up':
        this.policy = body.policy as SignUpPolicy;
        return { policy: this.policy };
      case 'GET /sign-up/:id':
        return { items: this.requests };
      case 'PUT /me/:id':
        if (body.current === 'wrong') throw new Refusal('wrong_credentials');
        return undefined;
      case 'GET /keys':
        return { items: this.keys };
      case 'POST /keys': {
        const made = { member_id: this.members[0]?.id, budget: null, previous_until: null, revoked_at: null };
        const key = { ...made, created_at: AT, expires_at: null, ...body } as unknown as ApiKey;
        this.keys.push(key);
        return { key, token: 'hk_token' };
      }
      case 'POST /keys/:id/rotate':
        return { key: this.keys.find((key) => key.id === id), token: 'hk_another' };
      case 'DELETE /keys/:id':
        this.keys = this.keys.map((key) => (key.id === id ? { ...key, revoked_at: AT } : key));
        return undefined;
      default:
        return parts[0] === 'me' ? this.#me(route.split(' ')[0] ?? '', parts.slice(1), body) : null;
    }
  }

  #me(method: string, [what, which]: readonly string[], body: Body): unknown {
    switch (`${method} ${what}${which === undefined ? '' : '/'}`) {
      case 'GET sessions':
        return { items: this.sessions };
      case 'DELETE sessions':
        this.sessions = this.sessions.filter(({ current }) => current);
        return undefined;
      case 'DELETE sessions/':
        this.sessions = this.sessions.filter(({ id }) => id !== which);
        return undefined;
      case 'GET second-factor':
        return this.factor;
      case 'POST second-factor':
        if (body.password === 'wrong') throw new Refusal('wrong_credentials');
        return { secret: 'GEZDGNBVGY3TQOJQ', uri: 'otpauth://totp/Hutong:mei?secret=GEZDGNBVGY3TQOJQ' };
      case 'POST second-factor/':
        if (body.code !== '123456') throw new Refusal('wrong_credentials');
        if (which === 'remove') {
          this.factor = { on: false, recovery_codes_left: 0 };
          return undefined;
        }
        this.factor = { on: true, recovery_codes_left: 10 };
        return { recovery_codes: Array.from({ length: 10 }, (_, at) => `AAAA-BBBB-CCCC-000${at}`) };
      default:
        return null;
    }
  }

  #decide(id: string, what: string, body: Body): unknown {
    const request = this.requests.find((other) => other.id === id);
    if (!request) throw new Refusal('not_found');
    this.requests = this.requests.filter((other) => other !== request);
    if (what === 'refuse') return undefined;
    const { note: _, ...person } = request;
    return this.#add({ kind: 'person', ...person, ...body });
  }

  #add(wish: Body): Member {
    const rest = { agents: null, group_ids: [], suspended_at: null, second_factor: false, created_at: AT };
    const member = { ...rest, id: `m${this.members.length + 1}`, locale: 'en', ...wish } as unknown as Member;
    this.members.push(member);
    return member;
  }

  #groupsOf(member: string): string[] {
    return this.groups.filter(({ member_ids }) => member_ids.includes(member)).map(({ id }) => id);
  }

  #group(id: string): Group {
    const group = this.groups.find((other) => other.id === id);
    if (!group) throw new Refusal('not_found');
    return group;
  }

  #change(id: string, with_: Partial<Member>): Member {
    const member = this.members.find((other) => other.id === id);
    if (!member) throw new Refusal('not_found');
    return Object.assign(member, with_);
  }
}
