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
    await assert.rejects(client.chat.completions.create({ ...ask, n: 2 }), OpenAI.BadRequestError);
  });
} finally {
  await server.remove();
}
close();
