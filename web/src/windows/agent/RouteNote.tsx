import { useQuery } from '@tanstack/react-query';
import { nameOf } from '../../api/answerer.ts';
import { queries } from '../../api/queries.ts';
import type { Locale, Route } from '../../api/types.ts';
import { money } from '../../core/format.ts';
import { never } from '../../core/never.ts';
import { localized, type Messages, useLocale, useMessages } from '../../i18n/index.tsx';
import css from './Message.module.css';

type Choice = NonNullable<Route['chosen']>;
type Concern = Choice['concerns'][number];
type Cause = Route['excluded'][number]['causes'][number];
type Draft = NonNullable<NonNullable<Route['ending']>['draft']>;
type Words = { m: Messages; locale: Locale; currency: string; name: (model: string) => string };

/** Why a policy let this model answer, who else could have, who was left out, and what that saved. */
export function RouteNote({ route }: { route: Route }) {
  const m = useMessages();
  const { locale } = useLocale();
  const models = useQuery(queries.models).data;
  const words: Words = { m, locale, currency: route.currency, name: (model) => nameOf(models, model) };
  const policy = models?.policies.find(({ id }) => id === route.policy);
  const { chosen, runner_up, excluded, more_excluded, ending } = route;
  const answered = ending?.model ?? chosen?.model;
  if (!answered) return null;
  const title = policy ? localized(locale, policy.name) : route.policy;
  return (
    <details className={css.route}>
      <summary title={m.routes.hint}>{m.routes.summary(title, words.name(answered))}</summary>
      <ul>
        {chosen ? <li>{choiceLine(words, chosen)}</li> : null}
        {runner_up ? <li>{m.routes.runnerUp(choiceLine(words, runner_up))}</li> : null}
        {ending?.draft ? <li>{draftLine(words, ending.draft)}</li> : null}
        {ending?.tried.map(({ model, code }) => (
          <li key={model}>{m.routes.tried(words.name(model), m.errors.byCode[code])}</li>
        ))}
        {ending && (ending.tried.length > 0 || ending.draft?.passed === false) ? (
          <li>{m.routes.answered(words.name(ending.model))}</li>
        ) : null}
        {savedLine(words, route)}
        {excluded.map(({ model, causes }) => (
          <li key={model}>
            {m.routes.excluded(
              words.name(model),
              causes.map((one) => causeWords(words, one)).join(m.routes.and),
            )}
          </li>
        ))}
        {more_excluded > 0 ? <li>{m.routes.more(more_excluded)}</li> : null}
      </ul>
    </details>
  );
}

function choiceLine({ m, locale, currency, name }: Words, choice: Choice): string {
  const said = m.routes;
  const price =
    choice.cost_micros === null
      ? said.unpriced
      : choice.cost_micros === 0
        ? said.free
        : said.expected(money(locale, choice.cost_micros, currency));
  const reasons = [reasonWords(m, choice), ...choice.concerns.map((concern) => concernWords(m, concern))];
  return said.line(name(choice.model), reasons.join(said.and), price);
}

function reasonWords(m: Messages, { reason, quality }: Choice): string {
  const said = m.routes;
  switch (reason.because) {
    case 'named':
      return said.named(reason.position + 1);
    case 'good_enough':
      return reason.floor === null ? said.cheapest : said.goodEnough(quality ?? '?', reason.floor);
    case 'best_below':
      return said.bestBelow(quality ?? '?', reason.floor);
    case 'unrated':
      return said.unrated;
    case 'tried_first':
      return said.triedFirst(reason.floor);
    case 'escalation':
      return said.escalation(quality ?? '?', reason.floor);
    case 'drawn':
      return said.drawn(reason.weight, reason.of);
    case 'plan_falls_back':
      return said.planFallsBack;
    default:
      return never(reason);
  }
}

function concernWords(m: Messages, concern: Concern): string {
  const said = m.routes.concerns;
  switch (concern.concern) {
    case 'probing':
      return said.probing;
    case 'errors':
      return said.errors(concern.share);
    case 'slow_start':
      return said.slowStart(concern.first_token_ms);
    case 'slow_writing':
      return said.slowWriting(concern.tokens_per_second);
    default:
      return never(concern);
  }
}

function causeWords({ m, locale, currency }: Words, cause: Cause): string {
  const said = m.routes.causes;
  switch (cause.cause) {
    case 'over_budget':
      return said.over_budget(
        money(locale, cause.ceiling_micros, currency),
        money(locale, cause.left_micros, currency),
      );
    case 'below_floor':
      return said.below_floor(cause.quality, cause.floor);
    case 'not_in_plan':
    case 'unpriced':
    case 'cannot':
    case 'context_too_short':
    case 'answer_too_long':
    case 'resting':
    case 'busy':
    case 'rate_limited':
    case 'not_named':
    case 'no_weight':
    case 'unrated':
    case 'unsuited':
      return said[cause.cause];
    default:
      return never(cause);
  }
}

/** What was found of a cheap model's answer, and what of it that nobody saw cost. */
function draftLine({ m, locale, currency, name }: Words, draft: Draft): string {
  const said = m.routes.draft;
  const line = (draft.passed ? said.passed : said.doubted)(name(draft.model), findingWords(m, draft.found));
  return draft.cost_micros ? said.cost(line, money(locale, draft.cost_micros, currency)) : line;
}

function findingWords(m: Messages, found: Draft['found']): string {
  const said = m.routes.draft;
  switch (found.found) {
    case 'agreed':
      return said.agreed(found.agree, found.of);
    case 'confident':
      return said.confident(thousandths(found.mean_logprob));
    case 'disagree':
      return said.disagree(found.agree, found.needs);
    case 'unsure':
      return said.unsure(thousandths(found.mean_logprob), thousandths(found.least));
    case 'fits':
    case 'no_probabilities':
    case 'no_answer':
    case 'not_json':
    case 'key_missing':
    case 'no_number':
    case 'out_of_bounds':
    case 'no_match':
    case 'unfinished':
    case 'wrong_shape':
    case 'wrong_call':
      return said[found.found];
    default:
      return never(found);
  }
}

const thousandths = (count: number) => (count / 1000).toFixed(3);

/** What was really saved; nothing before the end, and nothing where something has no price. */
function savedLine({ m, locale, currency }: Words, { ending, reference }: Route) {
  const saved = ending?.saved_micros ?? null;
  if (saved === null || reference === null) return null;
  const amount = money(locale, Math.abs(saved), currency);
  return <li>{saved < 0 ? m.routes.dearer(amount, reference) : m.routes.saved(amount, reference)}</li>;
}
