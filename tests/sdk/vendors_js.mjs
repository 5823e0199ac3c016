// The official JavaScript SDKs, unchanged, against a real server whose models are those of vendors with a script.
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { check, close } from '../support/checks.mjs';
import { SITES, Street } from '../support/vendors.mjs';

const street = new Street({ binary: process.env.HUTONG_BIN });
const messages = [{ role: 'user', content: 'Where does the lane end?' }];
const parameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};

try {
  await street.open();
  await street.setUp();
  const apiKey = await street.run('keys', 'create', '--name', 'sdk test');
  const openai = new OpenAI({ baseURL: `${street.url}/v1`, apiKey, maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: street.url, apiKey, maxRetries: 0 });
  const agree = async () => {
    const { booked, charged } = await street.books();
    assert.deepEqual(booked, charged, 'what was booked is what the vendors charge for');
  };

  for (const site of SITES) {
    await check(`${site}: OpenAI answers, streams and counts as the vendor does`, async () => {
      const ask = { model: `${site}/say-20.prompt-100.cached-40`, messages };
      const answer = await openai.chat.completions.create(ask);
      const { prompt_tokens, completion_tokens, prompt_tokens_details } = answer.usage;
      assert.deepEqual([prompt_tokens, prompt_tokens_details.cached_tokens, completion_tokens], [100, 40, 20]);
      let text = '';
      for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
      assert.equal(text, answer.choices[0].message.content);
      await agree();
    });

    await check(`${site}: OpenAI calls tools and answers by a schema`, async () => {
      const tools = [{ type: 'function', function: { name: 'look_up', parameters } }];
      const called = await openai.chat.completions.create({ model: `${site}/call.prompt-50`, messages, tools });
      const [call] = called.choices[0].message.tool_calls;
      assert.equal(call.function.name, 'look_up');
      assert.ok('city' in JSON.parse(call.function.arguments));
      const response_format = { type: 'json_schema', json_schema: { name: 'city', strict: true, schema: parameters } };
      const model = `${site}/json.say-20.prompt-40`;
      const shaped = await openai.chat.completions.create({ model, messages, response_format });
      assert.ok('city' in JSON.parse(shaped.choices[0].message.content));
      await agree();
    });

    await check(`${site}: OpenAI goes on from an answer`, async () => {
      const ask = { model: `${site}/say-10.prompt-30` };
      const first = await openai.responses.create({ ...ask, input: 'My name is Mei.' });
      const second = await openai.responses.create({ ...ask, input: 'What is it?', previous_response_id: first.id });
      assert.equal(second.previous_response_id, first.id);
      assert.equal(second.usage.output_tokens, 10);
      await agree();
    });

    await check(`${site}: Anthropic answers, streams and calls a tool`, async () => {
      const ask = { model: `${site}/say-20.prompt-100.cached-40`, max_tokens: 500, messages };
      const answer = await anthropic.messages.create(ask);
      const { input_tokens, cache_read_input_tokens, output_tokens } = answer.usage;
      assert.deepEqual([input_tokens, cache_read_input_tokens, output_tokens], [60, 40, 20]);
      const streamed = await anthropic.messages.stream(ask).finalMessage();
      assert.equal(streamed.content[0].text, answer.content[0].text);
      const tools = [{ name: 'look_up', input_schema: parameters }];
      const called = await anthropic.messages.create({ ...ask, model: `${site}/call.prompt-50`, tools });
      assert.equal(called.stop_reason, 'tool_use');
      await agree();
    });
  }

  await check('OpenAI makes vectors', async () => {
    const input = ['The lane ends at the drum tower.', 'It does not.'];
    const answer = await openai.embeddings.create({ model: 'toy/say-1.dims-16.prompt-40', input });
    assert.deepEqual(answer.data.map(({ embedding }) => embedding.length), [16, 16]);
    assert.equal(answer.usage.prompt_tokens, 40);
    await agree();
  });

  await check('an answer names who gave it', async () => {
    const answered = 'toy/lane__say-12.prompt-30';
    const asking = openai.chat.completions.create({ model: 'lane', messages });
    const { data, response } = await asking.withResponse();
    assert.equal(data.model, answered);
    assert.equal(response.headers.get('x-hutong-route'), `lane; ${answered}`);
    const streamed = await anthropic.messages.stream({ model: 'lane', max_tokens: 500, messages }).finalMessage();
    assert.equal(streamed.model, answered);
    await agree();
  });

  await check('what goes wrong there is an error of the SDK and costs nothing', async () => {
    const ask = (model) => openai.chat.completions.create({ model, messages });
    await assert.rejects(ask('toy/filtered'), OpenAI.BadRequestError);
    await assert.rejects(ask('tyo/say-2'), OpenAI.NotFoundError);
    await assert.rejects(ask('toy/badkey'), OpenAI.InternalServerError);
    await agree();
  });
} finally {
  await street.remove();
}
close();
