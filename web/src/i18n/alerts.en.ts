/** Limits that come near, in English. The Chinese catalogue has the same shape, checked by the compiler. */
export const alerts = {
  label: 'Limits that come near',
  rest: (n: string) => `${n} more`,
  putAway: 'Put away',
  used: (share: string, what: string) => `${share} of ${what} is used`,
  usedUp: (what: string) => `${what.charAt(0).toUpperCase()}${what.slice(1)} is used up`,
  plan: (plan: string, per: string) => `what ${plan} includes ${per}`,
  mine: { day: 'your budget for today', month: 'your budget for this month', once: 'your budget' },
  budget: {
    day: (whose: string) => `today’s budget of ${whose}`,
    month: (whose: string) => `this month’s budget of ${whose}`,
    once: (whose: string) => `the budget of ${whose}`,
  },
  whose: {
    key: (name: string) => `the key “${name}”`,
    member: (name: string) => name,
    group: (name: string) => `the group “${name}”`,
    workspace: 'the workspace',
  },
  usedOf: (used: string, most: string) => `${used} of ${most}`,
  noted: (at: string) => `at ${at}`,
  anew: (at: string) => `begins anew ${at}`,
};
