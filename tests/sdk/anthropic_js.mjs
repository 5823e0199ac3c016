// The official Anthropic JavaScript SDK, unchanged, against a real server with the real default model.
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { check, close } from '../support/checks.mjs';
import { Server } from '../support/server.mjs';

const MODEL = 'qwen2.5-coder-0.5b-instruct';
const server = new Server({ binary: process.env.HUTONG_BIN });

try {
  await server.start();
  await server.setUp();
  await server.run('models', 'pull', MODEL);
  const apiKey = await server.run('keys', 'create', '--name', 'sdk test');
  const client = new Anthropic({ baseURL: server.url, apiKey, maxRetries: 0 });
  const question = { role: 'user', content: 'What is the capital of France? One word.' };
  const ask = { model: MODEL, temperature: 0, max_tokens: 24, messages: [question] };

  let whole;
  await check('answers at once', async () => {
    const answer = await client.messages.create(ask);
    whole = answer.content[0].text;
    assert.match(whole, /Paris/);
    assert.equal(answer.stop_reason, 'end_turn');
    assert.ok(answer.usage.input_tokens + answer.usage.cache_read_input_tokens > 0);
    assert.ok(answer.usage.output_tokens > 0);
  });

  await check('streams the same answer', async () => {
    const stream = client.messages.stream(ask);
    let text = '';
    stream.on('text', (piece) => (text += piece));
    const answer = await stream.finalMessage();
    assert.equal(text, whole);
    assert.equal(answer.content[0].text, whole);
    assert.equal(answer.stop_reason, 'end_turn');
    assert.ok(answer.usage.output_tokens > 0);
  });

  await check('is cut where the limit is', async () => {
    const answer = await client.messages.create({ ...ask, max_tokens: 1 });
    assert.equal(answer.stop_reason, 'max_tokens');
  });

  const input_schema = {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'unit'],
    additionalProperties: false,
  };
  const withTools = {
    ...ask,
    max_tokens: 120,
    tools: [{ name: 'get_weather', description: 'Get the current weather of a city.', input_schema }],
    messages: [{ role: 'user', content: 'What is the weather in Oslo, in celsius?' }],
  };

  await check('calls a tool and reads its result', async () => {
    const tool_choice = { type: 'any', disable_parallel_tool_use: true };
    const called = await client.messages.create({ ...withTools, tool_choice });
    assert.equal(called.stop_reason, 'tool_use');
    const call = called.content.find((block) => block.type === 'tool_use');
    assert.match(call.input.city, /Oslo/);
    const told = await client.messages.create({
      ...withTools,
      // A model so small would call again and again.
      tool_choice: { type: 'none' },
      messages: [
        ...withTools.messages,
        { role: 'assistant', content: called.content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: call.id, content: '-17 degrees, snow' },
            { type: 'text', text: 'How many degrees is that? Answer in one sentence.' },
          ],
        },
      ],
    });
    assert.match(told.content[0].text, /17/);
  });

  await check('streams a call piece by piece', async () => {
    const stream = client.messages.stream({ ...withTools, tool_choice: { type: 'tool', name: 'get_weather' } });
    let pieces = 0;
    stream.on('inputJson', () => (pieces += 1));
    const { content, stop_reason } = await stream.finalMessage();
    assert.equal(stop_reason, 'tool_use');
    assert.ok(pieces > 1, `${pieces} pieces`);
    assert.ok(['celsius', 'fahrenheit'].includes(content.at(-1).input.unit));
  });

  await check('counts a prompt', async () => {
    const { input_tokens } = await client.messages.countTokens({ model: MODEL, messages: [question] });
    assert.ok(input_tokens > 0);
  });

  await check('errors are the SDK’s own', async () => {
    await assert.rejects(client.messages.create({ ...ask, model: 'none' }), Anthropic.NotFoundError);
    const stranger = new Anthropic({ baseURL: server.url, apiKey: 'hk_wrong', maxRetries: 0 });
    await assert.rejects(stranger.messages.create(ask), Anthropic.AuthenticationError);
    await assert.rejects(client.messages.create({ ...ask, temperature: 3 }), Anthropic.BadRequestError);
  });
} finally {
  await server.remove();
}
close();
