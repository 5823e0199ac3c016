/** Who answers in a window: what the agent says, what a member chose, and who stands in. */
import { useQuery } from '@tanstack/react-query';
import { shortId } from '../core/shortId.ts';
import { queries } from './queries.ts';
import type { Localized, Model, ModelList, RemoteModel, RoutingPolicy } from './types.ts';

export type Answerer =
  /** The list of models is not known yet. */
  | { type: 'unknown' }
  /** `sent` goes with a question; null leaves it to the agent. `provider` is null for a model of this machine. */
  | {
      type: 'ready';
      sent: string | null;
      name: string;
      /** What a policy is called, by which who answers is chosen for each question; null for a model. */
      policy: Localized | null;
      provider: string | null;
      standsIn: boolean;
      /** Questions to it leave this machine. */
      leaves: boolean;
    }
  /** The agent's own model is not here, and nobody can stand in for it. */
  | { type: 'absent'; model: Model | null }
  /** The chosen one cannot be asked any more. */
  | { type: 'gone'; name: string };

type Ready = Extract<Answerer, { type: 'ready' }>;

/** Who answers when `chosen` was chosen; null is "as the agent says". */
export function answererOf(list: ModelList | undefined, chosen: string | null): Answerer {
  if (!list) return { type: 'unknown' };
  const here = installed(list);
  if (chosen !== null) {
    const local = here.find(({ id }) => id === chosen);
    if (local) return ofLocal(local, false);
    const policy = list.policies.find(({ id }) => id === chosen);
    if (policy) return ofPolicy(policy);
    const remote = list.remote.find(({ id }) => id === chosen);
    return remote ? ofRemote(remote, false) : { type: 'gone', name: nameOf(list, chosen) };
  }
  const own = ownModel(list);
  if (own?.state.type === 'installed') return { ...ofLocal(own, false), sent: null };
  // What is here costs nothing and stays here, so it goes before what is elsewhere.
  const other = here[0];
  if (other) return ofLocal(other, true);
  // What plays a script is no model: it answers only where nobody else does.
  const real = list.remote.filter(({ scripted }) => !scripted);
  const remote = cheapest(real.length > 0 ? real : list.remote);
  return remote ? ofRemote(remote, true) : { type: 'absent', model: own };
}

/** The models for chats that are on this machine. */
export const installed = (list: ModelList): Model[] =>
  list.items.filter(({ kind, state }) => kind === 'chat' && state.type === 'installed');

/** The model that agents use unless told otherwise. */
export function ownModel({ items }: ModelList): Model | null {
  const chat = items.filter(({ kind }) => kind === 'chat');
  return chat.find((model) => model.default) ?? chat[0] ?? null;
}

/** Models of providers, provider by provider, in the order of the list. */
export function byProvider(models: readonly RemoteModel[]): [provider: string, offered: RemoteModel[]][] {
  const groups = new Map<string, RemoteModel[]>();
  for (const model of models) groups.set(model.provider, [...(groups.get(model.provider) ?? []), model]);
  return [...groups];
}

/** A model's name for a line with little room, also when the model is gone. */
export function nameOf(list: ModelList | undefined, id: string): string {
  const local = list?.items.find((model) => model.id === id);
  if (local) return local.name;
  const remote = list?.remote.find((model) => model.id === id);
  return shortId(remote?.model ?? id.slice(id.indexOf('/') + 1));
}

export const useAnswerer = (chosen: string | null = null): Answerer =>
  answererOf(useQuery(queries.models).data, chosen);

const ofLocal = ({ id, name }: Model, standsIn: boolean): Ready => ({
  type: 'ready',
  sent: id,
  name,
  policy: null,
  provider: null,
  standsIn,
  leaves: false,
});

const ofPolicy = ({ id, name }: RoutingPolicy): Ready => ({
  type: 'ready',
  sent: id,
  name: id,
  policy: name,
  provider: null,
  standsIn: false,
  leaves: false,
});

const ofRemote = ({ id, model, provider, leaves_machine }: RemoteModel, standsIn: boolean): Ready => ({
  type: 'ready',
  sent: id,
  name: shortId(model),
  policy: null,
  provider,
  standsIn,
  leaves: leaves_machine,
});

/** The one that costs least; of models whose price nobody knows, the first, and only when no price is known at all. */
function cheapest(models: readonly RemoteModel[]): RemoteModel | null {
  const cost = ({ price }: RemoteModel) =>
    price && price.input_picos !== null && price.output_picos !== null
      ? price.input_picos + price.output_picos
      : Number.POSITIVE_INFINITY;
  // Prices in different currencies do not compare: the first one's counts.
  const currency = models.find((model) => cost(model) < Number.POSITIVE_INFINITY)?.price?.currency;
  const rivals = currency ? models.filter(({ price }) => price?.currency === currency) : models;
  return rivals.reduce<RemoteModel | null>(
    (best, model) => (best === null || cost(model) < cost(best) ? model : best),
    null,
  );
}
