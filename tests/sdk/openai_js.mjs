// The official OpenAI JavaScript SDK, unchanged, against a real server with the real default model.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { check, close } from '../support/checks.mjs';
import { Server } from '../support/server.mjs';

const MODEL = 'qwen2.5-coder-0.5b-instruct';
// Made by `./x test`, with a file of facts beside it.
const EMBEDDING = 'all-minilm-l6-v2';
const server = new Server({ binary: process.env.HUTONG_BIN });

const overlay = join(server.data, 'overlay', 'models');
mkdirSync(overlay, { recursive: true });
copyFileSync(join(process.env.HUTONG_MODEL_CACHE, 'encoders.toml'), join(overlay, 'encoders.toml'));

try {
  await server.start();
  await server.setUp();
  await server.run('models', 'pull', MODEL);
  await server.run('models', 'pull', EMBEDDING);
  const client = new OpenAI({
    baseURL: `${server.url}/v1`,
    apiKey: await server.run('keys', 'create', '--name', 'sdk test'),
    maxRetries: 0,
  });
  const ask = { model: MODEL, temperature: 0, messages: [{ role: 'user', content: 'What is the capital of France? One word.' }] };

  await check('lists models', async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes(MODEL) && ids.includes('agent/tutor'), ids.join());
    assert.equal((await client.models.retrieve(MODEL)).object, 'model');
  });

  let whole;
  await check('answers at once', async () => {
    const answer = await client.chat.completions.create({ ...ask, max_tokens: 24 });
    whole = answer.choices[0].message.content;
    assert.match(whole, /Paris/);
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  await check('streams the same answer', async () => {
    const stream = await client.chat.completions.create({
      ...ask,
      max_tokens: 24,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage = null;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? '';
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, whole);
    assert.ok(usage.completion_tokens > 0);
  });

  await check('answers in JSON that matches a schema', async () => {
    const schema = {
      type: 'object',
      properties: { capital: { type: 'string' }, inhabitants: { type: 'integer', minimum: 1 } },
      required: ['capital', 'inhabitants'],
      additionalProperties: false,
    };
    const answer = await client.chat.completions.create({
      ...ask,
      max_tokens: 80,
      response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } },
    });
    const city = JSON.parse(answer.choices[0].message.content);
    assert.deepEqual(Object.keys(city), ['capital', 'inhabitants']);
    assert.match(city.capital, /Paris/);
    assert.ok(Number.isInteger(city.inhabitants) && city.inhabitants >= 1, `${city.inhabitants}`);
    const bad = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object', patternProperties: {} } } };
    await assert.rejects(client.chat.completions.create({ ...ask, response_format: bad }), (error) => {
      return error instanceof OpenAI.BadRequestError && /patternProperties/.test(error.message);
    });
  });

  const parameters = {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'unit'],
    additionalProperties: false,
  };
  const weather = { name: 'get_weather', description: 'Get the current weather of a city.', parameters, strict: true };
  const withTools = {
    model: MODEL,
    temperature: 0,
    max_tokens: 120,
    parallel_tool_calls: false,
    tools: [{ type: 'function', function: weather }],
    messages: [{ role: 'user', content: 'What is the weather in Oslo, in celsius?' }],
  };

  await check('calls a tool and reads its result', async () => {
    const called = await client.chat.completions.create({ ...withTools, tool_choice: 'required' });
    const [{ message, finish_reason }] = called.choices;
    assert.equal(finish_reason, 'tool_calls');
    assert.equal(message.tool_calls.length, 1);
    const [call] = message.tool_calls;
    assert.equal(call.function.name, 'get_weather');
    assert.match(JSON.parse(call.function.arguments).city, /Oslo/);
    const result = { role: 'tool', tool_call_id: call.id, content: '-17 degrees, snow' };
    const question = { role: 'user', content: 'How many degrees is that? Answer in one sentence.' };
    const told = await client.chat.completions.create({
      ...withTools,
      // A model so small would call again and again.
      tool_choice: 'none',
      messages: [...withTools.messages, message, result, question],
    });
    assert.match(told.choices[0].message.content, /17/);
  });

  await check('streams a call piece by piece', async () => {
    const stream = client.chat.completions.stream({
      ...withTools,
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    let pieces = 0;
    stream.on('tool_calls.function.arguments.delta', () => (pieces += 1));
    const { message, finish_reason } = (await stream.finalChatCompletion()).choices[0];
    assert.equal(finish_reason, 'tool_calls');
    assert.ok(pieces > 1, `${pieces} pieces`);
    assert.equal(message.tool_calls.length, 1);
    assert.ok(['celsius', 'fahrenheit'].includes(JSON.parse(message.tool_calls[0].function.arguments).unit));
  });

  await check('refuses a tool whose schema cannot be enforced, by the keyword', async () => {
    const bad = { ...weather, parameters: { type: 'object', properties: { a: { not: {} } } } };
    const tools = [{ type: 'function', function: bad }];
    await assert.rejects(client.chat.completions.create({ ...withTools, tools }), (error) => {
      return error instanceof OpenAI.BadRequestError && /#\/properties\/a: `not`/.test(error.message);
    });
  });

  await check('a tool that may be called is called, or words come', async () => {
    const { message, finish_reason } = (await client.chat.completions.create(withTools)).choices[0];
    if (finish_reason === 'tool_calls') JSON.parse(message.tool_calls[0].function.arguments);
    else assert.ok(message.content.length > 0);
  });

  await check('gives several choices of one prompt', async () => {
    const answer = await client.chat.completions.create({ ...ask, temperature: 1, seed: 5, n: 3, max_tokens: 12 });
    assert.deepEqual(answer.choices.map((choice) => choice.index), [0, 1, 2]);
    assert.ok(answer.usage.completion_tokens >= 3);
    const alone = await client.chat.completions.create({ ...ask, max_tokens: 1 });
    assert.equal(answer.usage.prompt_tokens, alone.usage.prompt_tokens);
    const stream = client.chat.completions.stream({ ...ask, n: 2, max_tokens: 12 });
    const { choices } = await stream.finalChatCompletion();
    assert.ok(choices.length === 2 && choices.every((choice) => choice.message.content.length > 0));
  });

  await check('tells how probable its tokens were', async () => {
    const probable = { ...ask, max_tokens: 6, logprobs: true, top_logprobs: 2 };
    const { message, logprobs } = (await client.chat.completions.create(probable)).choices[0];
    assert.equal(logprobs.content.map((token) => token.token).join(''), message.content);
    assert.ok(logprobs.content.every((token) => token.top_logprobs.length === 2 && token.logprob <= 0));
    const streamed = await client.chat.completions.stream(probable).finalChatCompletion();
    assert.deepEqual(streamed.choices[0].logprobs.content, logprobs.content);
  });

  await check('an effort changes nothing for a model that does not think', async () => {
    const answer = await client.chat.completions.create({ ...ask, max_tokens: 24, reasoning_effort: 'low' });
    assert.equal(answer.choices[0].message.content, whole);
  });

  await check('an agent is a model too', async () => {
    const answer = await client.chat.completions.create({
      model: 'agent/translator',
      max_tokens: 40,
      messages: [{ role: 'user', content: 'Good morning' }],
    });
    assert.ok(answer.choices[0].message.content.length > 0);
  });

  await check('texts become vectors', async () => {
    const input = ['The weather is lovely today.', "It's so sunny outside!", 'He drove to the stadium.'];
    const { data, usage } = await client.embeddings.create({ model: EMBEDDING, input });
    const [lovely, sunny, drove] = data.map((item) => item.embedding);
    assert.equal(lovely.length, 384);
    assert.equal(usage.prompt_tokens, usage.total_tokens);
    const likeness = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
    assert.ok(Math.abs(likeness(lovely, sunny) - 0.666) < 0.001, `${likeness(lovely, sunny)}`);
    assert.ok(Math.abs(likeness(lovely, drove) - 0.1046) < 0.001, `${likeness(lovely, drove)}`);
    const plain = await client.embeddings.create({ model: EMBEDDING, input: input[0], encoding_format: 'float' });
    assert.ok(Math.abs(likeness(plain.data[0].embedding, lovely) - 1) < 1e-4);
    await assert.rejects(client.embeddings.create({ model: MODEL, input }), OpenAI.BadRequestError);
  });

  await check('errors are the SDK’s own', async () => {
    await assert.rejects(client.chat.completions.create({ ...ask, model: 'none' }), OpenAI.NotFoundError);
    const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'hk_wrong', maxRetries: 0 });
    await assert.rejects(stranger.chat.completions.create(ask), OpenAI.AuthenticationError);
    await assert.rejects(client.chat.completions.create({ ...ask, n: 9 }), OpenAI.BadRequestError);
  });
} finally {
  await server.remove();
}
close();
