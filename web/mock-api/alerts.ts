/** Limits of the pretended workspace that come near. */
import type { Alert } from '../src/api/types.ts';

const AT = '2026-11-23T08:40:00Z';
const DAY = '2026-11-23T16:00:00Z';
const MONTH = '2026-11-30T16:00:00Z';

/** What the one who runs the workspace is told, the newest first. */
export function alertsOf(memberId: string): Alert[] {
  const credits = (micros: number, most: number) => ({ measure: 'credits' as const, used: micros, most });
  const rest = { currency: 'CNY', at: AT };
  return [
    {
      ...rest,
      id: 'a1',
      scope: 'plan',
      subject_id: memberId,
      name: 'free',
      window: '5h',
      measure: 'tokens',
      percent: 100,
      used: 50_000,
      most: 50_000,
      period_ends_at: DAY,
    },
    {
      ...rest,
      id: 'a2',
      scope: 'member',
      subject_id: memberId,
      name: '小梅',
      window: 'month',
      percent: 80,
      ...credits(8_120_000, 10_000_000),
      period_ends_at: MONTH,
    },
    {
      ...rest,
      id: 'a3',
      scope: 'group',
      subject_id: 'g1',
      name: '一班',
      window: 'day',
      percent: 80,
      ...credits(16_042_318, 20_000_000),
      period_ends_at: DAY,
    },
    {
      ...rest,
      id: 'a4',
      scope: 'workspace',
      subject_id: 'w1',
      name: 'Home',
      window: 'month',
      percent: 50,
      ...credits(153_904_112, 300_000_000),
      period_ends_at: MONTH,
    },
    {
      ...rest,
      id: 'a5',
      scope: 'key',
      subject_id: 'k1',
      name: 'website',
      window: 'once',
      percent: 50,
      ...credits(25_300_000, 50_000_000),
      period_ends_at: null,
    },
  ];
}
