"""LangChain and the command line `llm`, unchanged, against a real server whose models are those of vendors with a script."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import pydantic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import main  # noqa: E402
from vendors import SITES, WithVendors  # noqa: E402

QUESTION = "Where does the lane end?"


class City(pydantic.BaseModel):
    """What a city is."""

    city: str


@tool
def look_up(city: str) -> str:
    """Looks up a city."""
    return f"{city} is at the end of the lane"


class LangChain(WithVendors):
    """By chat completions, responses and messages."""

    def faces(self, knobs):
        for site in SITES:
            limit = {"model": f"{site}/{knobs}", "api_key": self.key, "max_tokens": 500, "max_retries": 0}
            yield ChatOpenAI(base_url=f"{self.url}/v1", **limit)
            yield ChatOpenAI(base_url=f"{self.url}/v1", use_responses_api=True, **limit)
            yield ChatAnthropic(base_url=self.url, **limit)

    def test_answers_and_counts_as_the_vendor_does(self):
        for face in self.faces("say-20.prompt-100"):
            answer = face.invoke(QUESTION)
            self.assertTrue(answer.text)
            usage = answer.usage_metadata
            self.assertEqual((usage["input_tokens"], usage["output_tokens"]), (100, 20))

    def test_streams_the_same_answer(self):
        for face in self.faces("say-30.prompt-60"):
            pieces = [piece.text for piece in face.stream(QUESTION)]
            self.assertGreater(len(pieces), 1)
            self.assertEqual("".join(pieces), face.invoke(QUESTION).text)

    def test_calls_a_tool_and_reads_its_result(self):
        for face in self.faces("call.say-8.prompt-50"):
            asked = HumanMessage(QUESTION)
            with_tool = face.bind_tools([look_up])
            called = with_tool.invoke([asked])
            (call,) = called.tool_calls
            result = ToolMessage(look_up.invoke(call["args"]), tool_call_id=call["id"])
            self.assertTrue(with_tool.invoke([asked, called, result]).text)

    def test_answers_in_the_shape_of_a_class(self):
        for face in self.faces("json.say-20.prompt-40"):
            self.assertTrue(face.with_structured_output(City, method="json_schema").invoke(QUESTION).city)


class Llm(WithVendors):
    """By the command line."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home = tempfile.TemporaryDirectory(prefix="hutong-test-")
        cls.addClassCleanup(home.cleanup)
        cls.home = home.name
        same = {"api_base": f"{cls.url}/v1", "api_key_name": "hutong", "supports_schema": True, "supports_tools": True}
        names = {"plain": "say-20.prompt-30", "shaped": "json.say-20.prompt-40"}
        models = [{"model_id": name, "model_name": f"toy/{knobs}", **same} for name, knobs in names.items()]
        # JSON is YAML.
        pathlib.Path(cls.home, "extra-openai-models.yaml").write_text(json.dumps(models))
        pathlib.Path(cls.home, "keys.json").write_text(json.dumps({"hutong": cls.key}))

    def llm(self, *args):
        environment = {**os.environ, "LLM_USER_PATH": self.home}
        command = [sys.executable, "-m", "llm", *args]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_answers_and_goes_on(self):
        whole = self.llm("-m", "plain", "--no-stream", QUESTION)
        self.assertTrue(whole)
        self.assertEqual(self.llm("-m", "plain", QUESTION), whole)
        self.assertTrue(self.llm("-c", "And then?"))

    def test_answers_by_a_schema(self):
        self.assertIn("city", json.loads(self.llm("-m", "shaped", "--schema", "city, country", QUESTION)))


if __name__ == "__main__":
    main()
