import { useQuery } from '@tanstack/react-query';
import { ChevronDown } from 'lucide-react';
import { Link } from 'wouter';
import { type Answerer, byProvider, installed, ownModel } from '../../api/answerer.ts';
import { queries } from '../../api/queries.ts';
import type { Locale, ModelList, RemoteModel, RoutingPolicy } from '../../api/types.ts';
import { money } from '../../core/format.ts';
import { never } from '../../core/never.ts';
import { localized, type Messages, useLocale, useMessages } from '../../i18n/index.tsx';
import { type ChoiceGroup, ChoiceMenu } from '../../ui/ChoiceMenu.tsx';
import css from './ModelMenu.module.css';

type ModelMenuProps = {
  answerer: Answerer;
  chosen: string | null;
  /** Null leaves it to the agent. */
  onChoose: (model: string | null) => void;
};

/** More models than this are hard to look through. */
const MANY = 8;
/** Ids of models are never empty. */
const AGENT = '';

/** Who answers in this window: the agent's own choice, a policy, a model of this machine, or one of a provider with its price. */
export function ModelMenu({ answerer, chosen, onChoose }: ModelMenuProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const { data } = useQuery(queries.models);
  if (!data) return null;
  const name = nameOnShow(m, locale, answerer);
  const groups = [
    asAgent(m, data, answerer),
    byPolicy(m, locale, data.policies),
    here(m, data),
    ...ofProviders(m, locale, data.remote),
  ].filter(({ choices, link }) => choices.length > 0 || link);
  const many = groups.reduce((sum, { choices }) => sum + choices.length, 0) > MANY + 1;
  return (
    <ChoiceMenu
      label={m.agent.answerer.label(name)}
      value={chosen ?? AGENT}
      groups={groups}
      onChange={(value) => onChoose(value === AGENT ? null : value)}
      filter={many ? { label: m.agent.answerer.find, none: m.agent.answerer.none } : null}
      trigger={
        <button
          type="button"
          className={[css.trigger, answerer.type === 'gone' ? css.gone : ''].join(' ')}
          aria-label={m.agent.answerer.label(name)}
          title={m.agent.answerer.label(name)}
        >
          <span className="truncate">{name}</span>
          <ChevronDown size={14} aria-hidden="true" />
        </button>
      }
    />
  );
}

function nameOnShow(m: Messages, locale: Locale, answerer: Answerer): string {
  switch (answerer.type) {
    case 'ready':
      return answerer.policy ? localized(locale, answerer.policy) : answerer.name;
    case 'gone':
      return answerer.name;
    case 'absent':
      return answerer.model?.name ?? m.agent.answerer.nobody;
    case 'unknown':
      return m.agent.answerer.nobody;
    default:
      return never(answerer);
  }
}

function asAgent(m: Messages, list: ModelList, answerer: Answerer): ChoiceGroup {
  const own = ownModel(list);
  const standsIn = answerer.type === 'ready' && answerer.standsIn;
  const note =
    own && standsIn
      ? m.agent.answerer.standsIn(own.name, answerer.name)
      : own?.state.type === 'installed'
        ? own.name
        : own && m.agent.modelAbsent(own.name);
  const choice = { value: AGENT, label: m.agent.answerer.asAgent, note: note ?? undefined };
  return { key: 'agent', label: null, choices: [choice] };
}

function byPolicy(m: Messages, locale: Locale, policies: readonly RoutingPolicy[]): ChoiceGroup {
  return {
    key: 'policies',
    label: m.agent.answerer.chosen,
    choices: policies.map(({ id, name }) => ({ value: id, label: localized(locale, name) })),
  };
}

function here(m: Messages, list: ModelList): ChoiceGroup {
  const models = installed(list);
  return {
    key: 'here',
    label: m.agent.answerer.here,
    choices: models.map(({ id, name }) => ({ value: id, label: name })),
    link: list.items.length > models.length ? <Link href="/models">{m.agent.answerer.more}</Link> : null,
  };
}

function ofProviders(m: Messages, locale: Locale, models: readonly RemoteModel[]): ChoiceGroup[] {
  return byProvider(models).map(([provider, offered]) => ({
    key: `provider ${provider}`,
    label: provider,
    aside: offered.some(({ price }) => price !== null) ? m.agent.answerer.perMillion : undefined,
    choices: offered.map((model) => ({
      value: model.id,
      label: model.model,
      aside: <Price model={model} m={m} locale={locale} />,
    })),
  }));
}

/** A pico-unit for each token is a micro-unit for a million of them. */
function Price({ model, m, locale }: { model: RemoteModel; m: Messages; locale: Locale }) {
  const { price } = model;
  if (price === null || price.input_picos === null || price.output_picos === null) {
    return m.agent.answerer.noPrice;
  }
  const [input, output] = [price.input_picos, price.output_picos].map((picos) =>
    money(locale, picos, price.currency),
  );
  return (
    <>
      <span aria-hidden="true">{`${input} / ${output}`}</span>
      <span className="visually-hidden">{m.agent.answerer.price(input ?? '', output ?? '')}</span>
    </>
  );
}
