// The states of the pages about people: who runs the workspace, who asks to join, programs and groups.

const AT = '2026-11-20T09:00:00Z';

/** A workspace with people of every kind. */
function crowd(mock) {
  const rest = { agents: null, group_ids: [], second_factor: false, suspended_at: null, created_at: AT };
  const add = (id, login, name, role, more = {}) =>
    mock.people.members.push({ ...rest, id, login, name, role, kind: 'person', locale: 'zh-CN', ...more });
  add('m3', 'wang.xiaohua', '王小华', 'admin', { group_ids: ['g1', 'g2'] });
  add('m4', 'alexandra.constantinopolou', 'Alexandra Constantinopolou', 'member', { suspended_at: AT });
  add('m5', 'guest7', '陈老师', 'guest', { agents: ['tutor', 'writer'], group_ids: ['g2'] });
  add('p1', 'shop-bot', '门店客服机器人', 'guest', { kind: 'service', agents: ['ask'] });
  add('p2', 'nightly', 'Nightly reports', 'member', { kind: 'service' });
  mock.people.groups = [
    { id: 'g1', name: '门店一组', member_ids: ['m2', 'm3'], created_at: AT },
    { id: 'g2', name: 'English class of 2026', member_ids: ['m3', 'm5'], created_at: AT },
    { id: 'g3', name: '新同事', member_ids: [], created_at: AT },
  ];
  mock.people.policy = 'open';
  const ask = { locale: 'zh-CN', created_at: AT };
  mock.people.requests = [
    { id: 'r1', login: 'li.lei', name: '李雷', note: '我是二班的班主任，想让学生们一起用。', ...ask },
    { id: 'r2', login: 'hanmeimei', name: 'Han Meimei', note: '', ...ask },
  ];
  const scope = { faces: null, models: null, agents: null, origins: null, rate_per_minute: null };
  const key = { budget: null, previous_until: null, revoked_at: null, created_at: AT, expires_at: null };
  mock.people.keys = [
    { id: 'k1', member_id: 'p1', name: '官网', scope: { ...scope, rate_per_minute: 30 }, ...key },
    { id: 'k2', member_id: 'p1', name: 'WeChat', scope, ...key, expires_at: '2036-01-01T00:00:00Z' },
  ];
  mock.people.invitations = [
    {
      id: 'i1',
      role: 'member',
      agents: null,
      group_ids: ['g1'],
      most_uses: 20,
      uses: 3,
      made_by: 'm1',
      revoked_at: null,
      created_at: AT,
      expires_at: '2036-11-22T09:00:00Z',
    },
  ];
}

export const peopleStates = (at) => {
  const visit = (path, arrange = crowd) => [
    {},
    async (page) => {
      arrange(at.mock);
      await page.goto(`${at.url}${path}`);
    },
  ];
  const pressed = (path, ...names) => [
    {},
    async (page, w) => {
      crowd(at.mock);
      await page.goto(`${at.url}${path}`);
      for (const name of names)
        await page.getByRole('button', { name: w[name], exact: true }).first().click();
      await page.getByRole('dialog').waitFor();
    },
  ];
  return {
    people: visit('/admin/people'),
    'people-end': [
      {},
      async (page) => {
        crowd(at.mock);
        await page.goto(`${at.url}/admin/people`);
        await page.locator('h2').last().scrollIntoViewIfNeeded();
        await page.locator('main section').last().scrollIntoViewIfNeeded();
      },
    ],
    'people-approve': pressed('/admin/people', 'letIn'),
    'people-invite': pressed('/admin/people', 'invite'),
    'people-down': [
      {},
      async (page) => {
        at.mock.cut = '/members';
        await page.goto(`${at.url}/admin/people`);
        await page.getByRole('alert').waitFor();
      },
    ],
    groups: visit('/admin/groups'),
    'groups-empty': visit('/admin/groups', () => {}),
    'group-edit': pressed('/admin/groups', 'editGroup'),
    programs: visit('/admin/programs'),
    'programs-empty': visit('/admin/programs', () => {}),
    'program-make': pressed('/admin/programs', 'newProgram'),
    'program-key': pressed('/admin/programs', 'newKey'),
    keys: visit('/settings/keys'),
    security: visit('/settings/security'),
    join: [
      { signedIn: false },
      async (page) => {
        at.mock.people.policy = 'open';
        await page.goto(`${at.url}/join`);
      },
    ],
    'join-asked': [
      { signedIn: false },
      async (page, w) => {
        at.mock.people.policy = 'open';
        await page.goto(`${at.url}/join`);
        await page.getByLabel(w.name).fill('李雷');
        await page.getByLabel(w.login).fill('li.lei');
        await page.getByLabel(w.pass, { exact: true }).fill('correct horse 7');
        await page.getByRole('button', { name: w.askToJoin, exact: true }).click();
      },
    ],
    'signin-open': [
      { signedIn: false },
      async (page) => {
        at.mock.people.policy = 'open';
        await page.goto(`${at.url}/signin`);
      },
    ],
  };
};

/** The names by which the states press. */
export const PEOPLE_WORDS = {
  en: {
    letIn: 'Let in',
    invite: 'Invite',
    editGroup: 'Edit',
    newProgram: 'New service account',
    newKey: 'New key',
    askToJoin: 'Ask',
  },
  'zh-CN': {
    letIn: '批准',
    invite: '邀请',
    editGroup: '编辑',
    newProgram: '新建服务账号',
    newKey: '新建密钥',
    askToJoin: '提交申请',
  },
};
