"""The official OpenAI Python SDK, unchanged, against a real server with the real default model."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.request

import openai

MODEL = "qwen2.5-coder-0.5b-instruct"
QUESTION = [{"role": "user", "content": "What is the capital of France? One word."}]


class Sdk(unittest.TestCase):
    """One server for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.binary = os.environ["HUTONG_BIN"]
        cls.data = tempfile.mkdtemp(prefix="hutong-test-")
        cls.addClassCleanup(shutil.rmtree, cls.data, ignore_errors=True)
        cls.server = subprocess.Popen(
            [cls.binary, "up", "--data", cls.data, "--addr", "127.0.0.1:0", "--no-open"],
            stdout=subprocess.PIPE,
            text=True,
        )
        cls.addClassCleanup(cls.stop)
        url = re.search(r"http:\S+", cls.server.stdout.readline())[0].rstrip("/")
        cls.server.stdout.readline()
        token = cls.server.stdout.readline().strip().split("#token=")[1]
        owner = {"token": token, "login": "mei", "password": "correct horse 7", "name": "Mei", "locale": "en"}
        request = urllib.request.Request(
            f"{url}/api/v1/setup", json.dumps(owner).encode(), {"content-type": "application/json"}
        )
        urllib.request.urlopen(request).close()
        cls.run_hutong("models", "pull", MODEL)
        key = cls.run_hutong("keys", "create", "--name", "sdk test")
        cls.url, cls.client = url, openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    @classmethod
    def stop(cls):
        cls.server.send_signal(signal.SIGTERM)
        cls.server.wait(timeout=30)
        cls.server.stdout.close()

    @classmethod
    def run_hutong(cls, *args):
        done = subprocess.run([cls.binary, *args, "--data", cls.data], capture_output=True, text=True, check=True)
        return done.stdout.strip()

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

    def test_errors_are_the_sdks_own(self):
        with self.assertRaises(openai.NotFoundError):
            self.client.chat.completions.create(model="none", messages=QUESTION)
        with self.assertRaises(openai.BadRequestError):
            self.client.chat.completions.create(model=MODEL, messages=QUESTION, n=2)
        stranger = openai.OpenAI(base_url=f"{self.url}/v1", api_key="hk_wrong", max_retries=0)
        with self.assertRaises(openai.AuthenticationError):
            stranger.models.list()


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)
