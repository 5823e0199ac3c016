"""The official Anthropic Python SDK, unchanged, against a real server with the real default model."""

import json
import pathlib
import sys

import anthropic

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import MODEL, WithServer, main  # noqa: E402

QUESTION = [{"role": "user", "content": "What is the capital of France? One word."}]
WEATHER = {
    "name": "get_weather",
    "description": "Get the current weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
}


class Sdk(WithServer):
    """One server for all tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = anthropic.Anthropic(base_url=cls.url, api_key=cls.key, max_retries=0)

    def ask(self, temperature=0, **more):
        # The SDK itself no longer names a temperature: the vendor's own models have none.
        more["extra_body"] = {"temperature": temperature}
        return {"model": MODEL, "messages": QUESTION, "max_tokens": 24, **more}

    def with_tools(self, **more):
        messages = [{"role": "user", "content": "What is the weather in Oslo, in celsius?"}]
        return self.ask(**{"tools": [WEATHER], "messages": messages, "max_tokens": 120, **more})

    def test_answers(self):
        answer = self.client.messages.create(**self.ask(system="You are brief."))
        self.assertIn("Paris", answer.content[0].text)
        self.assertEqual(answer.stop_reason, "end_turn")
        self.assertGreater(answer.usage.output_tokens, 0)

    def test_streams_the_same_answer(self):
        with self.client.messages.stream(**self.ask()) as stream:
            text = "".join(stream.text_stream)
            answer = stream.get_final_message()
        self.assertEqual(text, self.client.messages.create(**self.ask()).content[0].text)
        self.assertEqual([answer.content[0].text, answer.stop_reason], [text, "end_turn"])
        self.assertGreater(answer.usage.output_tokens, 0)

    def test_a_stream_that_is_left_does_not_block_the_next(self):
        with self.client.messages.create(**self.ask(stream=True)) as stream:
            next(iter(stream))
        self.assertIn("Paris", self.client.messages.create(**self.ask()).content[0].text)

    def test_calls_tools_and_reads_their_results(self):
        choice = {"type": "any", "disable_parallel_tool_use": True}
        called = self.client.messages.create(**self.with_tools(tool_choice=choice))
        self.assertEqual(called.stop_reason, "tool_use")
        call = called.content[-1]
        self.assertIn("Oslo", call.input["city"])
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "-17 degrees, snow"}
        question = {"type": "text", "text": "How many degrees is that? Answer in one sentence."}
        messages = [
            *self.with_tools()["messages"],
            {"role": "assistant", "content": called.content},
            {"role": "user", "content": [result, question]},
        ]
        # A model so small would call again and again.
        told = self.client.messages.create(**self.with_tools(messages=messages, tool_choice={"type": "none"}))
        self.assertIn("17", told.content[0].text)

    def test_streams_a_call(self):
        choice, pieces = {"type": "tool", "name": "get_weather"}, []
        with self.client.messages.stream(**self.with_tools(tool_choice=choice)) as stream:
            pieces += [event.partial_json for event in stream if event.type == "input_json"]
            answer = stream.get_final_message()
        self.assertGreater(len(pieces), 1)
        self.assertEqual(answer.content[-1].input, json.loads("".join(pieces)))
        self.assertEqual(answer.stop_reason, "tool_use")

    def test_counts_a_prompt(self):
        count = self.client.messages.count_tokens(model=MODEL, messages=QUESTION)
        self.assertGreater(count.input_tokens, 0)

    def test_errors_are_the_sdks_own(self):
        with self.assertRaises(anthropic.NotFoundError):
            self.client.messages.create(**self.ask(model="none"))
        with self.assertRaisesRegex(anthropic.BadRequestError, "temperature"):
            self.client.messages.create(**self.ask(temperature=3))
        stranger = anthropic.Anthropic(base_url=self.url, api_key="hk_wrong", max_retries=0)
        with self.assertRaises(anthropic.AuthenticationError):
            stranger.messages.create(**self.ask())


if __name__ == "__main__":
    main()
