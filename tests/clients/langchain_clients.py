"""LangChain, unchanged, against a real server with the real default model: by chat completions, responses and messages."""

import pathlib
import sys

import pydantic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import MODEL, WithServer, main  # noqa: E402

QUESTION = "What is the capital of France? One word."


class City(pydantic.BaseModel):
    """What a city is."""

    name: str
    country: str


@tool
def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"-17 degrees and snow in {city}"


class LangChain(WithServer):
    """One server for all tests."""

    def faces(self, **more):
        limit = {"max_tokens": 60, "max_retries": 0, **more}
        open_ai = {"model": MODEL, "base_url": f"{self.url}/v1", "api_key": self.key, "temperature": 0, **limit}
        yield ChatOpenAI(**open_ai)
        yield ChatOpenAI(**open_ai, use_responses_api=True)
        anthropic = {"model": MODEL, "base_url": self.url, "api_key": self.key, **limit}
        yield ChatAnthropic(**anthropic, model_kwargs={"extra_body": {"temperature": 0}})

    def test_answers(self):
        for face in self.faces():
            answer = face.invoke(QUESTION)
            self.assertIn("Paris", answer.text)
            self.assertGreater(answer.usage_metadata["output_tokens"], 0)

    def test_streams(self):
        for face in self.faces():
            pieces = [piece.text for piece in face.stream(QUESTION)]
            self.assertGreater(len(pieces), 1)
            self.assertIn("Paris", "".join(pieces))

    def test_calls_a_tool_and_reads_its_result(self):
        for face in self.faces():
            asked = HumanMessage("What is the weather in Oslo?")
            called = face.bind_tools([get_weather], tool_choice="get_weather").invoke([asked])
            call = called.tool_calls[0]
            self.assertIn("Oslo", call["args"]["city"])
            result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
            told = face.invoke([asked, called, result, HumanMessage("How many degrees is that? One sentence.")])
            self.assertIn("17", told.text)

    def test_answers_in_the_shape_of_a_class(self):
        for face in self.faces():
            shaped = face.with_structured_output(City, method="json_schema")
            self.assertIn("France", shaped.invoke("Paris is the capital of France. Describe it.").country)


if __name__ == "__main__":
    main()
