import type { RequestTrace } from '../../api/requests.ts';
import { count, millis, percent } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import css from './Requests.module.css';

/** A piece of the request's time: from its beginning over the first words to its end. */
type Lane = {
  name: string;
  note: string;
  from: number;
  first: number | null;
  until: number;
  outcome: 'answered' | 'failed' | 'left';
};

/** How the time of a request went: the whole of it, and each time that a provider was asked. */
export function Timeline({ trace: { request, attempts } }: { trace: RequestTrace }) {
  const m = useMessages();
  const said = m.requests;
  const { locale } = useLocale();
  const whole: Lane = {
    name: attempts.length === 0 ? request.model : said.detail,
    note: '',
    from: 0,
    first: request.first_token_ms ?? null,
    until: request.took_ms,
    outcome: request.error ? 'failed' : request.state === 'succeeded' ? 'answered' : 'left',
  };
  const lanes = attempts.map(
    (attempt, at): Lane => ({
      name: `${said.attempt(count(locale, at + 1))} · ${attempt.deployment}`,
      note: [
        attempt.error ? m.errors.byCode[attempt.error] : said.outcome[attempt.outcome],
        attempt.vendor_request_id ? said.theirs(attempt.vendor_request_id) : null,
      ]
        .filter(Boolean)
        .join(' · '),
      from: attempt.after_ms,
      first: typeof attempt.first_token_ms === 'number' ? attempt.after_ms + attempt.first_token_ms : null,
      until: attempt.after_ms + attempt.took_ms,
      outcome: attempt.outcome,
    }),
  );
  const all = [whole, ...lanes];
  const length = Math.max(1, ...all.map((lane) => lane.until));
  return (
    <figure className={css.timeline}>
      <figcaption className={css.timelineTitle}>{said.timeline}</figcaption>
      <ol className={css.lanes}>
        {all.map((lane, at) => (
          <li key={at}>
            <div className={css.laneHead}>
              <span className={css.laneName}>{lane.name}</span>
              <span className={css.laneTime}>
                {lane.first === null ? '' : `${millis(locale, lane.first - lane.from)} / `}
                {millis(locale, lane.until - lane.from)}
              </span>
            </div>
            <Span lane={lane} length={length} />
            {lane.note ? <div className={css.laneNote}>{lane.note}</div> : null}
          </li>
        ))}
      </ol>
    </figure>
  );
}

/** Pale until the first words, full behind them. */
function Span({ lane, length }: { lane: Lane; length: number }) {
  const look = { answered: css.answered, failed: css.failedSpan, left: css.leftSpan }[lane.outcome];
  const at = (millis: number) => percent(millis, length);
  const first = lane.first ?? lane.until;
  return (
    <div className={css.span} aria-hidden="true">
      <span
        className={[look, css.waitSpan].join(' ')}
        style={{ left: `${at(lane.from)}%`, width: `max(2px, ${at(first) - at(lane.from)}%)` }}
      />
      {lane.first === null ? null : (
        <span
          className={look}
          style={{ left: `${at(first)}%`, width: `max(2px, ${at(lane.until) - at(first)}%)` }}
        />
      )}
    </div>
  );
}
