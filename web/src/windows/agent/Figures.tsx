import type { Run } from '../../api/types.ts';
import { count, rate, seconds, speed } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import css from './Message.module.css';

/** What an answer took: time to the first token, speed, tokens. */
export function Figures({ run }: { run: Run }) {
  const m = useMessages();
  const { locale } = useLocale();
  const { usage, timings } = run;
  if (!usage || !timings) return null;
  const perSecond = speed(usage.output_tokens, timings.decode_ms);
  const said = m.agent.footer;
  return (
    <ul className={css.figures}>
      <li title={said.first}>{seconds(locale, timings.first_token_ms)}</li>
      {perSecond === null ? null : <li title={said.speed}>{said.perSecond(rate(locale, perSecond))}</li>}
      <li title={said.tokens}>
        {said.inOut(
          count(locale, usage.input_tokens),
          count(locale, usage.cached_tokens),
          count(locale, usage.output_tokens),
        )}
      </li>
    </ul>
  );
}
