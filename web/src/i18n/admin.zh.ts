import type { Messages } from './index.tsx';

/** 管理工作区的中文文案。 */
export const admin: Messages['admin'] = {
  tabs: { label: '管理', people: '人员', groups: '用户组', programs: '服务账号' },
  mayDo: {
    owner: '拥有全部权限，也可以设置其他所有者。',
    admin: '管理工作区：人员、模型和套餐。',
    member: '可以使用所有智能体。',
    guest: '只能使用这里选中的智能体。',
  },
  groups: {
    title: '用户组',
    hint: '把几位成员归到一个名称下，用于邀请和预算。',
    make: '新建用户组',
    empty: '还没有用户组',
    emptyHint: '一个班级、一个团队、一家门店：把在一起的人放进同一个组。',
    count: (n) => `${n} 人`,
    nobody: '还没有成员。',
    and: '、',
    edit: '编辑',
    editTitle: '编辑用户组',
    name: '名称',
    members: '组内成员',
    taken: '已有同名的用户组，请换一个名称。',
    remove: '删除用户组',
    removeTitle: (name) => `删除用户组“${name}”？`,
    removeHint: '成员仍留在工作区，只删除这个组。',
  },
  programs: {
    title: '服务账号',
    hint: '供程序使用的成员。不能登录，凭密钥工作。',
    make: '新建服务账号',
    create: '创建',
    empty: '还没有服务账号',
    emptyHint: '给机器人或网站单独建一个，它的用量与人员分开统计。',
    name: '显示名称',
    login: '短名',
    role: '权限',
    noKeys: '还没有密钥。新建一个，交给程序使用。',
    removeHint: '它的密钥一并删除，使用这些密钥的程序会立即失效。',
  },
};
