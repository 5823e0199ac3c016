import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries.ts';
import { requestQueries, type Savings as Saved, type WatchedSavings } from '../../api/requests.ts';
import { count, decimalsOf, money } from '../../core/format.ts';
import { localized, useLocale, useMessages } from '../../i18n/index.tsx';
import page from '../Page.module.css';
import css from './Requests.module.css';

/** What policies saved this month, and what one would have that is only watched. Nothing where no policy chose. */
export function Savings() {
  const said = useMessages().requests.savings;
  const saved = useQuery(requestQueries.savings).data;
  const watched = useQuery(requestQueries.watched).data;
  const hasSaved = saved !== undefined && saved.rows.length > 0;
  const isWatched = watched !== undefined && (watched.watched !== null || watched.policies.length > 0);
  if (!hasSaved && !isWatched) return null;
  return (
    <section className={css.slices} aria-labelledby="savings">
      <h2 id="savings" className={page.subtitle}>
        {said.title}
      </h2>
      {hasSaved ? <ByRoute saved={saved} /> : null}
      {isWatched ? <Watched watched={watched} /> : null}
    </section>
  );
}

/** The name of a policy, as it stands among the models. */
function usePolicyName() {
  const { locale } = useLocale();
  const policies = useQuery(queries.models).data?.policies ?? [];
  return (id: string): string => {
    const policy = policies.find((one) => one.id === id);
    return policy ? localized(locale, policy.name) : id;
  };
}

function ByRoute({ saved: { rows, total } }: { saved: Saved }) {
  const said = useMessages().requests.savings;
  const { locale } = useLocale();
  const policyName = usePolicyName();
  const decimals = decimalsOf([...rows, total].flatMap(({ cost, saved }) => [cost.micros, saved.micros]));
  const amount = ({ micros, currency }: Saved['total']['cost']) => money(locale, micros, currency, decimals);
  const figures = (sum: Saved['total']) => (
    <>
      <td>{count(locale, sum.answers)}</td>
      <td className={css.wide}>{amount(sum.cost)}</td>
      <td className={css.wide}>{amount(sum.at_reference)}</td>
      <td className={sum.saved.micros < 0 ? css.bad : ''}>{amount(sum.saved)}</td>
    </>
  );
  return (
    <>
      <div className={css.scroll}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{said.route}</th>
              <th scope="col">{said.answers}</th>
              <th scope="col" className={css.wide}>
                {said.cost}
              </th>
              <th scope="col" className={css.wide}>
                {said.atReference}
              </th>
              <th scope="col">{said.saved}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.policy} ${row.model}`}>
                <th scope="row">
                  <span className={css.name}>{said.routeOf(policyName(row.policy), row.model)}</span>
                </th>
                {figures(row)}
              </tr>
            ))}
            {rows.length > 1 ? (
              <tr>
                <th scope="row">{said.total}</th>
                {figures(total)}
              </tr>
            ) : null}
          </tbody>
        </table>
      </div>
      {total.known < total.answers ? (
        <p className={page.facts}>{said.unknown(count(locale, total.answers - total.known))}</p>
      ) : null}
    </>
  );
}

function Watched({ watched: { watched, policies } }: { watched: WatchedSavings }) {
  const said = useMessages().requests.savings;
  const policyName = usePolicyName();
  if (policies.length === 0) {
    return <p className={page.facts}>{said.watchedNothing(policyName(watched ?? ''))}</p>;
  }
  return policies.map((one) => <WatchedPolicy key={one.policy} {...one} name={policyName(one.policy)} />);
}

function WatchedPolicy({ name, days, total }: WatchedSavings['policies'][number] & { name: string }) {
  const m = useMessages();
  const said = m.requests.savings;
  const { locale } = useLocale();
  const { answers, elsewhere, nobody, known, would_save: saved } = total;
  const decimals = decimalsOf(days.map((day) => day.would_save.micros));
  const amount = money(locale, Math.abs(saved.micros), saved.currency);
  const came = saved.micros < 0 ? said.wouldLose(amount) : said.wouldSave(amount);
  return (
    <div>
      <p>{said.watched(name, count(locale, answers), count(locale, elsewhere), came)}</p>
      {nobody > 0 ? <p className={page.facts}>{said.nobody(count(locale, nobody))}</p> : null}
      {known < answers ? <p className={page.facts}>{said.unknown(count(locale, answers - known))}</p> : null}
      <details className={css.behind}>
        <summary>{m.requests.behind}</summary>
        <div className={css.scroll}>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{said.day}</th>
                <th scope="col">{said.answers}</th>
                <th scope="col">{said.elsewhere}</th>
                <th scope="col">{said.saved}</th>
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map((day) => (
                <tr key={day.day}>
                  <th scope="row">{day.day}</th>
                  <td>{count(locale, day.answers)}</td>
                  <td>{count(locale, day.elsewhere)}</td>
                  <td className={day.would_save.micros < 0 ? css.bad : ''}>
                    {money(locale, day.would_save.micros, day.would_save.currency, decimals)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </div>
  );
}
