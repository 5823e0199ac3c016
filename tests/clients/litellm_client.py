"""The LiteLLM client, unchanged, against a real server with the real default model."""

import json
import os
import pathlib
import sys

# Its table of prices comes with it; nothing is fetched.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import MODEL, WithServer, main  # noqa: E402
from vendors import SITES, WithVendors  # noqa: E402

QUESTION = [{"role": "user", "content": "What is the capital of France? One word."}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


class LiteLlm(WithServer):
    """One server for all tests."""

    def ways(self):
        yield {"model": f"openai/{MODEL}", "api_base": f"{self.url}/v1", "api_key": self.key, "temperature": 0}
        yield {"model": f"anthropic/{MODEL}", "api_base": self.url, "api_key": self.key, "temperature": 0}

    def test_answers(self):
        for way in self.ways():
            answer = litellm.completion(**way, messages=QUESTION, max_tokens=24)
            self.assertIn("Paris", answer.choices[0].message.content)
            self.assertGreater(answer.usage.completion_tokens, 0)

    def test_streams(self):
        for way in self.ways():
            pieces = litellm.completion(**way, messages=QUESTION, max_tokens=24, stream=True)
            text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
            self.assertIn("Paris", text)

    def test_calls_a_tool(self):
        asked = [{"role": "user", "content": "What is the weather in Oslo?"}]
        for way in self.ways():
            answer = litellm.completion(
                **way, messages=asked, max_tokens=80, tools=[WEATHER], tool_choice="required"
            )
            call = answer.choices[0].message.tool_calls[0]
            self.assertIn("Oslo", json.loads(call.function.arguments)["city"])

    def test_errors_are_its_own(self):
        for way in self.ways():
            with self.assertRaises(litellm.AuthenticationError):
                litellm.completion(**{**way, "api_key": "hk_wrong"}, messages=QUESTION, max_tokens=9)
            kind, _ = way["model"].split("/")
            # It knows unknown models by the vendors' own words for them.
            with self.assertRaises((litellm.NotFoundError, litellm.BadRequestError)):
                litellm.completion(**{**way, "model": f"{kind}/none"}, messages=QUESTION, max_tokens=9)


class BeforeVendors(WithVendors):
    """The same, where a vendor with a script answers; the books of both sides are compared after each test."""

    def ways(self, knobs):
        for site in SITES:
            model = f"{site}/{knobs}"
            yield {"model": f"openai/{model}", "api_base": f"{self.url}/v1", "api_key": self.key}
            yield {"model": f"anthropic/{model}", "api_base": self.url, "api_key": self.key}

    def test_answers_and_counts_as_the_vendor_does(self):
        for way in self.ways("say-20.prompt-100"):
            answer = litellm.completion(**way, messages=QUESTION, max_tokens=500)
            self.assertTrue(answer.choices[0].message.content)
            self.assertEqual((answer.usage.prompt_tokens, answer.usage.completion_tokens), (100, 20))

    def test_streams_the_same_answer(self):
        for way in self.ways("say-30.prompt-60"):
            pieces = litellm.completion(**way, messages=QUESTION, max_tokens=500, stream=True)
            text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
            whole = litellm.completion(**way, messages=QUESTION, max_tokens=500)
            self.assertEqual(text, whole.choices[0].message.content)

    def test_calls_a_tool(self):
        for way in self.ways("call.prompt-50"):
            answer = litellm.completion(**way, messages=QUESTION, max_tokens=500, tools=[WEATHER])
            call = answer.choices[0].message.tool_calls[0]
            self.assertIn("city", json.loads(call.function.arguments))


if __name__ == "__main__":
    main()
