"""The official OpenAI Python SDK, unchanged, against a real server with the real default model."""

import pathlib
import sys
from typing import Literal

import openai
import pydantic

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import MODEL, WithServer, main  # noqa: E402

# Made by `./x test`, with a file of facts beside it.
EMBEDDING, RERANK = "all-minilm-l6-v2", "tiny-reranker"
QUESTION = [{"role": "user", "content": "What is the capital of France? One word."}]


class City(pydantic.BaseModel):
    """What a city is."""

    name: str
    kind: Literal["capital", "town"]
    rivers: list[str] = pydantic.Field(max_length=2)


class Weather(pydantic.BaseModel):
    """Get the current weather of a city."""

    city: str
    unit: Literal["celsius", "fahrenheit"]


class Sdk(WithServer):
    """One server for all tests."""

    models = (MODEL, EMBEDDING, RERANK)
    overlay = "encoders.toml"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = openai.OpenAI(base_url=f"{cls.url}/v1", api_key=cls.key, max_retries=0)

    def answer(self, **more):
        return self.client.chat.completions.create(
            model=MODEL, messages=QUESTION, temperature=0, max_tokens=24, **more
        )

    def test_lists_models(self):
        ids = [model.id for model in self.client.models.list()]
        self.assertIn(MODEL, ids)
        self.assertIn("agent/tutor", ids)

    def test_answers(self):
        answer = self.answer()
        self.assertIn("Paris", answer.choices[0].message.content)
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        usage = answer.usage
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)

    def test_streams_the_same_answer(self):
        pieces, usage = [], None
        for chunk in self.answer(stream=True, stream_options={"include_usage": True}):
            pieces += [choice.delta.content or "" for choice in chunk.choices]
            usage = chunk.usage or usage
        self.assertEqual("".join(pieces), self.answer().choices[0].message.content)
        self.assertGreater(usage.completion_tokens, 0)

    def test_a_stream_that_is_left_does_not_block_the_next(self):
        with self.answer(stream=True) as stream:
            next(iter(stream))
        self.assertIn("Paris", self.answer().choices[0].message.content)

    def test_stops_where_told(self):
        answer = self.client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "Count: one, two, three, four, five. Repeat it."}],
            temperature=0,
            max_tokens=40,
            stop=["three"],
        )
        self.assertNotIn("three", answer.choices[0].message.content)

    def test_embeds(self):
        near = ["The weather is lovely today.", "It's so sunny outside!"]
        answer = self.client.embeddings.create(model=EMBEDDING, input=[*near, "He drove to the stadium."])
        lovely, sunny, drove = (item.embedding for item in answer.data)
        self.assertEqual([len(lovely), answer.usage.prompt_tokens], [384, answer.usage.total_tokens])
        self.assertAlmostEqual(likeness(lovely, sunny), 0.6660, places=3)
        self.assertAlmostEqual(likeness(lovely, drove), 0.1046, places=3)
        short = self.client.embeddings.create(model=EMBEDDING, input=near[0], dimensions=64, encoding_format="float")
        self.assertEqual(len(short.data[0].embedding), 64)
        self.assertAlmostEqual(likeness(*[short.data[0].embedding] * 2), 1, places=4)

    def test_what_cannot_be_embedded_is_a_bad_request(self):
        for wish in [{"model": MODEL, "input": "x"}, {"model": EMBEDDING, "input": "word " * 600}]:
            with self.assertRaises(openai.BadRequestError):
                self.client.embeddings.create(**wish)
        with self.assertRaises(openai.BadRequestError):
            self.client.chat.completions.create(model=EMBEDDING, messages=QUESTION)

    def test_reranks(self):
        documents = ["It flows into the sea.", "Bread is made of flour.", "No."]
        answer = self.client.post(
            "/rerank",
            cast_to=object,
            body={"model": RERANK, "query": "Where does it end?", "documents": documents, "top_n": 2},
        )
        scores = [result["relevance_score"] for result in answer["results"]]
        self.assertEqual([len(scores), scores], [2, sorted(scores, reverse=True)])
    def test_answers_in_the_shape_of_a_class(self):
        answer = self.client.chat.completions.parse(
            model=MODEL, messages=QUESTION, temperature=0, max_tokens=120, response_format=City
        )
        city = answer.choices[0].message.parsed
        # What a model so small says of it is another matter.
        self.assertTrue(city.name)
        self.assertIn(city.kind, ("capital", "town"))
        self.assertEqual(answer.choices[0].finish_reason, "stop")

    def test_a_schema_that_cannot_be_enforced_is_refused_by_its_keyword(self):
        schema = {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}}
        with self.assertRaisesRegex(openai.BadRequestError, "#/properties/a: `uniqueItems`"):
            self.answer(
                response_format={"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
            )

    def test_calls_tools_and_reads_their_results(self):
        ask = {"model": MODEL, "temperature": 0, "max_tokens": 120, "tools": [openai.pydantic_function_tool(Weather)]}
        messages = [{"role": "user", "content": "What is the weather in Oslo, in celsius?"}]
        called = self.client.chat.completions.parse(
            **ask, messages=messages, tool_choice="required", parallel_tool_calls=False
        )
        choice = called.choices[0]
        self.assertEqual(choice.finish_reason, "tool_calls")
        (call,) = choice.message.tool_calls
        self.assertIn("Oslo", call.function.parsed_arguments.city)
        function = {"name": call.function.name, "arguments": call.function.arguments}
        said = {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": function}]}
        result = {"role": "tool", "tool_call_id": call.id, "content": "-17 degrees, snow"}
        question = {"role": "user", "content": "How many degrees is that? Answer in one sentence."}
        # A model so small would call again and again.
        messages += [said, result, question]
        told = self.client.chat.completions.create(**ask, messages=messages, tool_choice="none")
        self.assertIn("17", told.choices[0].message.content)

    def test_streams_a_call(self):
        names, pieces = [], []
        stream = self.client.chat.completions.create(
            model=MODEL,
            messages=QUESTION,
            temperature=0,
            max_tokens=120,
            tools=[openai.pydantic_function_tool(Weather)],
            tool_choice={"type": "function", "function": {"name": "Weather"}},
            stream=True,
        )
        for chunk in stream:
            for call in chunk.choices[0].delta.tool_calls or []:
                names += [call.function.name] if call.function.name else []
                pieces.append(call.function.arguments or "")
        self.assertEqual(names, ["Weather"])
        self.assertGreater(len(pieces), 2)
        Weather.model_validate_json("".join(pieces))

    def test_a_tool_that_cannot_be_enforced_is_refused_by_its_keyword(self):
        parameters = {"type": "object", "properties": {"a": {"not": {}}}}
        tool = {"type": "function", "function": {"name": "f", "parameters": parameters, "strict": True}}
        with self.assertRaisesRegex(openai.BadRequestError, "#/properties/a: `not`"):
            self.answer(tools=[tool])

    def test_gives_several_choices_of_one_prompt(self):
        answer = self.answer(n=3)
        self.assertEqual([choice.index for choice in answer.choices], [0, 1, 2])
        self.assertTrue(all("Paris" in choice.message.content for choice in answer.choices))
        self.assertEqual(answer.usage.prompt_tokens, self.answer().usage.prompt_tokens)
        texts = ["", ""]
        for chunk in self.answer(n=2, stream=True):
            for choice in chunk.choices:
                texts[choice.index] += choice.delta.content or ""
        self.assertTrue(all("Paris" in text for text in texts), texts)

    def test_tells_how_probable_its_tokens_were(self):
        choice = self.answer(logprobs=True, top_logprobs=2).choices[0]
        tokens = choice.logprobs.content
        self.assertEqual(b"".join(bytes(token.bytes) for token in tokens).decode(), choice.message.content)
        self.assertTrue(all(len(token.top_logprobs) == 2 for token in tokens))
        self.assertEqual(tokens[0].top_logprobs[0].token, tokens[0].token)

    def test_an_effort_changes_nothing_for_a_model_that_does_not_think(self):
        self.assertEqual(
            self.answer(reasoning_effort="low").choices[0].message.content, self.answer().choices[0].message.content
        )

    def test_errors_are_the_sdks_own(self):
        with self.assertRaises(openai.NotFoundError):
            self.client.chat.completions.create(model="none", messages=QUESTION)
        with self.assertRaises(openai.BadRequestError):
            self.client.chat.completions.create(model=MODEL, messages=QUESTION, n=9)
        stranger = openai.OpenAI(base_url=f"{self.url}/v1", api_key="hk_wrong", max_retries=0)
        with self.assertRaises(openai.AuthenticationError):
            stranger.models.list()


def likeness(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


if __name__ == "__main__":
    main()
