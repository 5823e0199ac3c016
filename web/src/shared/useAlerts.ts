import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { billing } from '../api/billing.ts';
import { queries } from '../api/queries.ts';
import type { Alert } from '../api/types.ts';
import { count, moment, money, ratio } from '../core/format.ts';
import { runsWorkspace } from '../core/roles.ts';
import { localized, useLocale, useMessages } from '../i18n/index.tsx';

/** Limits of which much is used: one's own, and those of the workspace for whoever runs it. */
export type Alerts = {
  mine: readonly Alert[];
  others: readonly Alert[];
  putAway: (alert: Alert) => void;
};

/** What comes near now. What was about a day or a month that is over is told no more. */
export function useAlerts(): Alerts {
  const client = useQueryClient();
  const { queryKey } = queries.alerts;
  const me = useQuery(queries.me).data?.member;
  const all = useQuery(queries.alerts).data ?? [];
  const now = Date.now();
  const current = all.filter(({ period_ends_at: end }) => end === null || Date.parse(end) > now);
  const { mutate } = useMutation({
    mutationFn: (alert: Alert) => billing.putAway(alert.id),
    // It goes at once; one that could not be put away comes back with the next look.
    onMutate: ({ id }) => client.setQueryData(queryKey, (list) => list?.filter((other) => other.id !== id)),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  const seesAll = me !== undefined && runsWorkspace(me.role);
  const isMine = ({ scope, subject_id }: Alert): boolean =>
    !seesAll || scope === 'plan' || (scope === 'member' && subject_id === me.id);
  return {
    mine: current.filter(isMine),
    others: current.filter((alert) => !isMine(alert)),
    putAway: mutate,
  };
}

/** How an alert is put into words: what is used, and how much that was. */
export function useAlertWords(): (alert: Alert) => { title: string; facts: string[] } {
  const { alerts: said, plan: words } = useMessages();
  const { locale } = useLocale();
  const me = useQuery(queries.me).data?.member;
  const plans = useQuery(queries.plans).data ?? [];

  const per = (window: string): string => {
    if (window === 'day' || window === 'month') return words.per[window];
    const number = Number.parseInt(window, 10);
    return window.endsWith('h') ? words.per.hours(number) : words.per.minutes(number);
  };
  const what = ({ scope, subject_id, name, window }: Alert): string => {
    const term = window === 'day' || window === 'month' ? window : 'once';
    switch (scope) {
      case 'plan': {
        const plan = plans.find(({ id }) => id === name);
        return said.plan(plan ? localized(locale, plan.name) : name, per(window));
      }
      case 'member':
        return subject_id === me?.id ? said.mine[term] : said.budget[term](said.whose.member(name));
      case 'workspace':
        return said.budget[term](said.whose.workspace);
      case 'key':
      case 'group':
        return said.budget[term](said.whose[scope](name));
    }
  };
  const amount = (value: number, { measure, currency }: Alert): string => {
    if (measure === 'credits') return money(locale, value, currency);
    return measure === 'tokens' ? words.tokens(count(locale, value)) : words.requests(count(locale, value));
  };
  return (alert) => {
    const { percent, used, most, at, window, period_ends_at: end } = alert;
    const bare = alert.measure === 'credits' ? amount(used, alert) : count(locale, used);
    // A window of hours has no end: it moves on with the clock.
    const anew = end && (window === 'day' || window === 'month') ? [said.anew(moment(locale, end))] : [];
    return {
      title: percent >= 100 ? said.usedUp(what(alert)) : said.used(ratio(locale, percent / 100), what(alert)),
      facts: [said.usedOf(bare, amount(most, alert)), said.noted(moment(locale, at)), ...anew],
    };
  };
}
