import { useQuery } from '@tanstack/react-query';
import { nameOf } from '../../api/answerer.ts';
import { queries } from '../../api/queries.ts';
import type { Run } from '../../api/types.ts';
import { count, money, rate, seconds, speed } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import css from './Message.module.css';

/** What an answer took: time to the first token, speed, tokens, and what it costs where it costs something. */
export function Figures({ run }: { run: Run }) {
  const m = useMessages();
  const { locale } = useLocale();
  const name = nameOf(useQuery(queries.models).data, run.model);
  const { usage, timings, cost } = run;
  if (!usage || !timings) return null;
  // Who failed before the first word has no figures.
  if (usage.input_tokens + usage.output_tokens === 0) return null;
  const perSecond = speed(usage.output_tokens, timings.decode_ms);
  const said = m.agent.footer;
  return (
    <ul className={css.figures}>
      <li title={m.agent.model(run.model)}>{name}</li>
      <li title={said.first}>{seconds(locale, timings.first_token_ms)}</li>
      {perSecond === null ? null : <li title={said.speed}>{said.perSecond(rate(locale, perSecond))}</li>}
      <li title={said.tokens}>
        {said.inOut(
          count(locale, usage.input_tokens),
          count(locale, usage.cached_tokens),
          count(locale, usage.output_tokens),
        )}
      </li>
      {cost?.is_unpriced ? <li title={said.unpricedHint}>{said.unpriced}</li> : null}
      {cost && cost.micros > 0 ? (
        <li title={said.paidBy[cost.paid_by]}>
          {cost.is_estimated ? said.about : ''}
          {money(locale, cost.micros, cost.currency)}
        </li>
      ) : null}
    </ul>
  );
}
