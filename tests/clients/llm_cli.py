"""The command line `llm`, unchanged, against a real server with the real default model."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import MODEL, WithServer, main  # noqa: E402


class Llm(WithServer):
    """One server for all tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = tempfile.TemporaryDirectory(prefix="hutong-test-")
        cls.addClassCleanup(cls.home.cleanup)
        home = pathlib.Path(cls.home.name)
        models = [{"model_id": "hutong", "model_name": MODEL, "api_base": f"{cls.url}/v1", "api_key_name": "hutong"}]
        models[0]["supports_schema"] = models[0]["supports_tools"] = True
        # JSON is YAML.
        (home / "extra-openai-models.yaml").write_text(json.dumps(models))
        (home / "keys.json").write_text(json.dumps({"hutong": cls.key}))

    def llm(self, *args):
        environment = {**os.environ, "LLM_USER_PATH": self.home.name}
        command = [sys.executable, "-m", "llm", *args]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def ask(self, *args):
        return self.llm("-m", "hutong", "-o", "temperature", "0", "-o", "max_tokens", "60", *args)

    def test_lists_the_model(self):
        self.assertIn("hutong", self.llm("models"))

    def test_answers(self):
        self.assertIn("Paris", self.ask("What is the capital of France? One word."))
        self.assertIn("Paris", self.ask("--no-stream", "What is the capital of France? One word."))

    def test_goes_on_with_the_conversation(self):
        self.ask("My name is Xiaoming. Remember it.")
        self.assertIn("Xiaoming", self.ask("-c", "What is my name? One word."))

    def test_answers_by_a_schema(self):
        told = self.ask("--schema", "name, country", "Paris is the capital of France. Describe it.")
        self.assertIn("France", json.loads(told)["country"])


if __name__ == "__main__":
    main()
