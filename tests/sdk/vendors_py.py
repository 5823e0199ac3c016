"""The official Python SDKs, unchanged, against a real server whose models are those of vendors with a script."""

import json
import pathlib
import sys

import anthropic
import openai
import pydantic

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import main  # noqa: E402
from vendors import SITES, WithVendors  # noqa: E402

QUESTION = [{"role": "user", "content": "Where does the lane end?"}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


class City(pydantic.BaseModel):
    """What a city is."""

    city: str


class OpenAi(WithVendors):
    """By chat completions, responses and embeddings."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = openai.OpenAI(base_url=f"{cls.url}/v1", api_key=cls.key, max_retries=0)

    def ask(self, model, **more):
        return self.client.chat.completions.create(**{"model": model, "messages": QUESTION, **more})

    def test_answers_of_every_dialect_and_counts_as_the_vendor_does(self):
        for site in SITES:
            answer = self.ask(f"{site}/say-20.prompt-100.cached-40")
            self.assertTrue(answer.choices[0].message.content, site)
            usage = answer.usage
            counts = (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens)
            self.assertEqual(counts, (100, 40, 20), site)

    def test_streams_the_same_answer(self):
        for site in SITES:
            model = f"{site}/say-30.prompt-60"
            pieces, usage = [], None
            for chunk in self.ask(model, stream=True, stream_options={"include_usage": True}):
                pieces += [choice.delta.content or "" for choice in chunk.choices]
                usage = chunk.usage or usage
            self.assertEqual("".join(pieces), self.ask(model).choices[0].message.content, site)
            self.assertEqual((usage.prompt_tokens, usage.completion_tokens), (60, 30), site)

    def test_calls_tools_and_reads_their_results(self):
        tool = {"type": "function", "function": {"name": "look_up", "parameters": SCHEMA}}
        for site in SITES:
            called = self.ask(f"{site}/calls-2.say-8.prompt-50", tools=[tool])
            self.assertEqual(called.choices[0].finish_reason, "tool_calls", site)
            message = called.choices[0].message
            self.assertEqual([call.function.name for call in message.tool_calls], ["look_up"] * 2, site)
            results = [
                {"role": "tool", "tool_call_id": call.id, "content": json.loads(call.function.arguments)["city"]}
                for call in message.tool_calls
            ]
            said = message.model_dump(exclude_none=True)
            told = self.ask(f"{site}/call.say-8.prompt-70", tools=[tool], messages=[*QUESTION, said, *results])
            self.assertTrue(told.choices[0].message.content, site)

    def test_streams_a_call(self):
        tool = {"type": "function", "function": {"name": "look_up", "parameters": SCHEMA}}
        for site in SITES:
            names, pieces = [], []
            for chunk in self.ask(f"{site}/call.prompt-30", tools=[tool], stream=True):
                for choice in chunk.choices:
                    for call in choice.delta.tool_calls or []:
                        names += [call.function.name] if call.function.name else []
                        pieces.append(call.function.arguments or "")
            self.assertEqual(names, ["look_up"], site)
            self.assertIn("city", json.loads("".join(pieces)), site)

    def test_answers_in_the_shape_of_a_class(self):
        for site in SITES:
            answer = self.client.chat.completions.parse(
                model=f"{site}/json.say-20.prompt-40", messages=QUESTION, response_format=City
            )
            self.assertTrue(answer.choices[0].message.parsed.city, site)

    def test_goes_on_from_an_answer(self):
        for site in SITES:
            model = f"{site}/say-10.prompt-30"
            first = self.client.responses.create(model=model, input="My name is Mei.")
            second = self.client.responses.create(
                model=model, input="What is it?", previous_response_id=first.id
            )
            self.assertEqual(second.previous_response_id, first.id, site)
            self.assertEqual(second.usage.output_tokens, 10, site)
            self.assertEqual(self.client.responses.retrieve(second.id).output_text, second.output_text, site)
            with self.client.responses.stream(model=model, input="And now?") as stream:
                text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
                self.assertEqual(stream.get_final_response().output_text, text, site)

    def test_takes_up_the_stream_of_an_answer_in_the_background(self):
        for site in SITES:
            ask = {"model": f"{site}/say-12.prompt-30.tps-40", "input": "Where does the lane end?"}
            first = []
            with self.client.responses.create(**ask, background=True, stream=True) as stream:
                for event in stream:
                    first.append(event)
                    if event.type == "response.output_text.delta":
                        break
            answer = first[0].response.id
            rest = self.client.responses.retrieve(
                answer, stream=True, starting_after=first[-1].sequence_number
            )
            told = [*first, *rest]
            self.assertEqual([event.sequence_number for event in told], list(range(len(told))), site)
            text = "".join(event.delta for event in told if event.type == "response.output_text.delta")
            self.assertEqual((told[-1].type, told[-1].response.output_text), ("response.completed", text), site)
            again = list(self.client.responses.retrieve(answer, stream=True))
            self.assertEqual([event.type for event in again], [event.type for event in told], site)
        followed = self.client.responses.create(model="toy/say-2.prompt-10", input="Hi")
        with self.assertRaises(openai.BadRequestError):
            self.client.responses.retrieve(followed.id, stream=True)

    def test_embeds(self):
        texts = ["The lane ends at the drum tower.", "It does not."]
        for wish in ({}, {"encoding_format": "float"}):
            answer = self.client.embeddings.create(model="toy/say-1.dims-16.prompt-40", input=texts, **wish)
            self.assertEqual([len(item.embedding) for item in answer.data], [16, 16])
            self.assertEqual(answer.usage.prompt_tokens, 40)
        short = self.client.embeddings.create(model="toy/say-1.prompt-10", input="x", dimensions=5)
        self.assertEqual(len(short.data[0].embedding), 5)

    def test_an_answer_names_who_gave_it(self):
        answered = "toy/lane__say-12.prompt-30"
        raw = self.client.chat.completions.with_raw_response.create(model="lane", messages=QUESTION)
        self.assertEqual(raw.headers["x-hutong-route"], f"lane; {answered}")
        self.assertEqual(raw.parse().model, answered)
        with self.client.chat.completions.stream(model="lane", messages=QUESTION) as stream:
            stream.until_done()
            self.assertEqual(stream.get_final_completion().model, answered)
        with self.client.responses.stream(model="lane", input="Where does the lane end?") as stream:
            self.assertEqual(stream.get_final_response().model, answered)

    def test_a_second_attempt_is_not_seen(self):
        self.assertEqual(self.ask("toy/flaky-1.say-5.prompt-20").usage.completion_tokens, 5)

    def test_what_goes_wrong_there_is_the_sdk_s_own_error_and_costs_nothing(self):
        for model, error in [
            ("toy/filtered", openai.BadRequestError),
            ("toy/long", openai.BadRequestError),
            ("toy/badkey", openai.InternalServerError),
            ("toy/broke", openai.InternalServerError),
            ("toy/busy", openai.InternalServerError),
            ("toy/nothing-like-it", openai.NotFoundError),
            ("tyo/say-2", openai.NotFoundError),
        ]:
            with self.assertRaises(error, msg=model) as caught:
                self.ask(model)
            self.assertNotIn("fake-outside", str(caught.exception))

    def test_a_stream_that_breaks_off_is_an_error(self):
        for site in SITES:
            with self.assertRaises(openai.APIError, msg=site):
                for _ in self.ask(f"{site}/say-40.prompt-20.break-0", stream=True):
                    pass


class Anthropic(WithVendors):
    """By messages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = anthropic.Anthropic(base_url=cls.url, api_key=cls.key, max_retries=0)

    def ask(self, model, **more):
        return {"model": model, "messages": QUESTION, "max_tokens": 500, **more}

    def test_answers_of_every_dialect_and_counts_as_the_vendor_does(self):
        for site in SITES:
            answer = self.client.messages.create(**self.ask(f"{site}/say-20.prompt-100.cached-40", system="Be brief."))
            self.assertTrue(answer.content[0].text, site)
            usage = answer.usage
            counts = (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens)
            self.assertEqual(counts, (60, 40, 20), site)

    def test_streams_the_same_answer(self):
        for site in SITES:
            with self.client.messages.stream(**self.ask(f"{site}/say-30.prompt-60")) as stream:
                text = "".join(stream.text_stream)
                answer = stream.get_final_message()
            self.assertEqual(answer.content[0].text, text, site)
            self.assertEqual(answer.usage.output_tokens, 30, site)

    def test_calls_a_tool_and_reads_its_result(self):
        tool = {"name": "look_up", "description": "Looks up.", "input_schema": SCHEMA}
        for site in SITES:
            ask = self.ask(f"{site}/call.say-8.prompt-50", tools=[tool])
            called = self.client.messages.create(**ask)
            self.assertEqual(called.stop_reason, "tool_use", site)
            call = next(block for block in called.content if block.type == "tool_use")
            result = {"type": "tool_result", "tool_use_id": call.id, "content": call.input["city"]}
            said = {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in called.content]}
            ask["messages"] = [*QUESTION, said, {"role": "user", "content": [result]}]
            told = self.client.messages.create(**ask)
            self.assertTrue(told.content[0].text, site)

    def test_an_answer_names_who_gave_it(self):
        with self.client.messages.stream(**self.ask("lane")) as stream:
            self.assertEqual(stream.get_final_message().model, "toy/lane__say-12.prompt-30")

    def test_what_goes_wrong_there_is_the_sdk_s_own_error(self):
        with self.assertRaises(anthropic.NotFoundError):
            self.client.messages.create(**self.ask("tyo/say-2"))
        with self.assertRaises(anthropic.BadRequestError):
            self.client.messages.create(**self.ask("toy.messages/long"))


if __name__ == "__main__":
    main()
