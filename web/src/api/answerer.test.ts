import { expect, test } from 'vitest';
import { POLICIES, REMOTE } from '../../mock-api/remote.ts';
import { MODELS } from '../../mock-api/words.ts';
import { answererOf, byProvider, nameOf } from './answerer.ts';
import type { Model, ModelList } from './types.ts';

const HERE = MODELS.find((model) => model.default) as Model;
const AWAY: Model[] = MODELS.map((model) => ({ ...model, state: { type: 'absent' } }));
const OTHER: Model = { ...(MODELS[1] as Model), state: { type: 'installed' } };
const list = (items: Model[], remote = REMOTE): ModelList => ({
  items,
  remote,
  policies: POLICIES,
  free_bytes: null,
});

test('nothing is known before the list is', () => {
  expect(answererOf(undefined, null)).toEqual({ type: 'unknown' });
});

test('where nothing is chosen and the agent’s model is here, nothing is sent', () => {
  expect(answererOf(list(MODELS), null)).toEqual({
    type: 'ready',
    sent: null,
    name: HERE.name,
    policy: null,
    provider: null,
    standsIn: false,
    leaves: false,
  });
});

test('without it the cheapest of a provider stands in, and is named in the request', () => {
  expect(answererOf(list(AWAY), null)).toEqual({
    type: 'ready',
    sent: 'deepseek/deepseek-v4-flash',
    name: 'deepseek-v4-flash',
    policy: null,
    provider: 'DeepSeek',
    standsIn: true,
    leaves: true,
  });
});

test('another model of this machine stands in before one that costs something', () => {
  expect(answererOf(list([...AWAY.filter(({ id }) => id !== OTHER.id), OTHER]), null)).toMatchObject({
    sent: OTHER.id,
    provider: null,
    standsIn: true,
  });
});

test('a price that nobody knows is not taken for the lowest', () => {
  const unpriced = REMOTE.filter(({ price }) => price === null);
  const all = [...unpriced, ...REMOTE.filter(({ price }) => price !== null)];
  expect(answererOf(list(AWAY, all), null)).toMatchObject({ sent: 'deepseek/deepseek-v4-flash' });
  expect(answererOf(list(AWAY, unpriced), null)).toMatchObject({ sent: unpriced[0]?.id });
});

test('with nobody at all the agent’s model is asked for', () => {
  expect(answererOf(list(AWAY, []), null)).toMatchObject({ type: 'absent', model: { id: HERE.id } });
  expect(answererOf(list([], []), null)).toEqual({ type: 'absent', model: null });
});

test('a policy is chosen like a model', () => {
  expect(answererOf(list([], []), 'auto')).toMatchObject({
    type: 'ready',
    sent: 'auto',
    policy: { zh: '自动' },
  });
});

test('who was chosen answers, here or elsewhere; who is gone is not replaced', () => {
  expect(answererOf(list([HERE, OTHER]), OTHER.id)).toMatchObject({ sent: OTHER.id, standsIn: false });
  expect(answererOf(list(MODELS), 'deepseek/deepseek-v4-pro')).toMatchObject({
    sent: 'deepseek/deepseek-v4-pro',
    provider: 'DeepSeek',
  });
  expect(answererOf(list(MODELS, []), 'deepseek/deepseek-v4-pro')).toEqual({
    type: 'gone',
    name: 'deepseek-v4-pro',
  });
  expect(answererOf(list(AWAY), OTHER.id)).toEqual({ type: 'gone', name: OTHER.name });
});

test('a model has a short name, also when it is gone', () => {
  expect(nameOf(list(MODELS), HERE.id)).toBe(HERE.name);
  expect(nameOf(list(MODELS), 'deepseek/deepseek-v4-pro')).toBe('deepseek-v4-pro');
  expect(nameOf(undefined, 'openrouter/meta/llama-4')).toBe('meta/llama-4');
});

test('providers stand in the order of the list', () => {
  expect(byProvider(REMOTE).map(([provider, offered]) => [provider, offered.length])).toEqual([
    ['DeepSeek', 2],
    ['Zhipu', 1],
    ['vLLM', 1],
  ]);
});
