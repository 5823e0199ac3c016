"""The responses of the official OpenAI Python SDK, unchanged, against a real server with the real default model."""

import json
import pathlib
import sys
import time

import openai
import pydantic

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import MODEL, WithServer, main  # noqa: E402

QUESTION = "What is the capital of France? One word."
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class City(pydantic.BaseModel):
    """What a city is."""

    name: str
    country: str


class Sdk(WithServer):
    """One server for all tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = openai.OpenAI(base_url=f"{cls.url}/v1", api_key=cls.key, max_retries=0)
        cls.responses = cls.client.responses

    def ask(self, **more):
        return {"model": MODEL, "input": QUESTION, "temperature": 0, "max_output_tokens": 24, **more}

    def test_answers_and_keeps_the_answer(self):
        answer = self.responses.create(**self.ask())
        self.assertIn("Paris", answer.output_text)
        self.assertEqual(self.responses.retrieve(answer.id).output_text, answer.output_text)
        items = self.responses.input_items.list(answer.id)
        self.assertEqual(items.data[0].content[0].text, QUESTION)
        self.responses.delete(answer.id)
        with self.assertRaises(openai.NotFoundError):
            self.responses.retrieve(answer.id)

    def test_goes_on_from_an_answer(self):
        first = self.responses.create(**self.ask(input="My name is Xiaoming. Remember it."))
        second = self.responses.create(
            **self.ask(input="What is my name? One word.", previous_response_id=first.id)
        )
        self.assertIn("Xiaoming", second.output_text)
        self.assertEqual(second.previous_response_id, first.id)
        # What was said before counts, and is not computed again.
        self.assertGreater(second.usage.input_tokens, first.usage.input_tokens)
        self.assertGreater(second.usage.input_tokens_details.cached_tokens, 0)

    def test_streams_the_same_answer(self):
        with self.responses.stream(**self.ask()) as stream:
            text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
            answer = stream.get_final_response()
        self.assertEqual(text, self.responses.create(**self.ask()).output_text)
        self.assertEqual([answer.output_text, answer.status], [text, "completed"])
        self.assertEqual(self.responses.retrieve(answer.id).output_text, text)

    def test_writes_in_the_background(self):
        answer = self.responses.create(**self.ask(background=True))
        while answer.status in ("queued", "in_progress"):
            time.sleep(0.2)
            answer = self.responses.retrieve(answer.id)
        self.assertIn("Paris", answer.output_text)

    def test_cancels_what_is_written_in_the_background(self):
        long = self.ask(input="Count from one to a thousand in words.", max_output_tokens=1000, background=True)
        answer = self.responses.create(**long)
        cancelled = self.responses.cancel(answer.id)
        self.assertEqual(cancelled.status, "cancelled")
        self.assertEqual(self.responses.retrieve(answer.id).status, "cancelled")

    def test_calls_a_tool_and_goes_on_with_its_result(self):
        asked = "What is the weather in Oslo?"
        called = self.responses.create(**self.ask(input=asked, tools=[WEATHER], tool_choice="required"))
        call = next(item for item in called.output if item.type == "function_call")
        self.assertIn("Oslo", json.loads(call.arguments)["city"])
        result = {"type": "function_call_output", "call_id": call.call_id, "output": "-17 degrees, snow"}
        question = {"role": "user", "content": "How many degrees is that? Answer in one sentence."}
        told = self.responses.create(**self.ask(input=[result, question], previous_response_id=called.id))
        self.assertIn("17", told.output_text)

    def test_answers_in_the_shape_of_a_class(self):
        answer = self.responses.parse(
            **self.ask(input="Paris is the capital of France. Describe it.", text_format=City, max_output_tokens=60)
        )
        self.assertIn("France", answer.output_parsed.country)

    def test_keeps_nothing_that_is_not_to_be_kept(self):
        answer = self.responses.create(**self.ask(store=False))
        with self.assertRaises(openai.NotFoundError):
            self.responses.retrieve(answer.id)
        with self.assertRaises(openai.NotFoundError):
            self.responses.create(**self.ask(previous_response_id=answer.id))


if __name__ == "__main__":
    main()
