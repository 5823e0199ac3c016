import type { Messages } from './index.tsx';

/** 额度提醒的中文文案。 */
export const alerts: Messages['alerts'] = {
  label: '额度提醒',
  rest: (n) => `另有 ${n} 条`,
  putAway: '不再显示',
  used: (share, what) => `${what}已用 ${share}`,
  usedUp: (what) => `${what}已用完`,
  plan: (plan, per) => `${plan}${per}的额度`,
  mine: { day: '你今日的预算', month: '你本月的预算', once: '你的预算' },
  budget: {
    day: (whose) => `${whose}今日的预算`,
    month: (whose) => `${whose}本月的预算`,
    once: (whose) => `${whose}的预算`,
  },
  whose: {
    key: (name) => `密钥“${name}”`,
    member: (name) => name,
    group: (name) => `用户组“${name}”`,
    workspace: '工作区',
  },
  usedOf: (used, most) => `已用 ${used} / ${most}`,
  noted: (at) => `记于 ${at}`,
  anew: (at) => `${at} 重新计算`,
};
