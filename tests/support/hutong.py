"""A real server for tests of Python programs, with the real default model and a key."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.request

MODEL = "qwen2.5-coder-0.5b-instruct"


class WithServer(unittest.TestCase):
    """One server for all tests of a class: `url`, `key`."""

    models = (MODEL,)
    # A file of `HUTONG_MODEL_CACHE` with facts of more models.
    overlay = None

    @classmethod
    def setUpClass(cls):
        cls.binary = os.environ["HUTONG_BIN"]
        cls.data = tempfile.mkdtemp(prefix="hutong-test-")
        cls.addClassCleanup(shutil.rmtree, cls.data, ignore_errors=True)
        if cls.overlay:
            folder = pathlib.Path(cls.data, "overlay", "models")
            folder.mkdir(parents=True)
            shutil.copy(pathlib.Path(os.environ["HUTONG_MODEL_CACHE"], cls.overlay), folder)
        cls.prepare()
        cls.server = subprocess.Popen(
            [cls.binary, "up", "--data", cls.data, "--addr", "127.0.0.1:0", "--no-open"],
            stdout=subprocess.PIPE,
            text=True,
        )
        cls.addClassCleanup(cls.stop)
        cls.url = re.search(r"http:\S+", cls.server.stdout.readline())[0].rstrip("/")
        cls.server.stdout.readline()
        token = cls.server.stdout.readline().strip().split("#token=")[1]
        owner = {"token": token, "login": "mei", "password": "correct horse 7", "name": "Mei", "locale": "en"}
        request = urllib.request.Request(
            f"{cls.url}/api/v1/setup", json.dumps(owner).encode(), {"content-type": "application/json"}
        )
        urllib.request.urlopen(request).close()
        for model in cls.models:
            cls.run_hutong("models", "pull", model)
        cls.key = cls.run_hutong("keys", "create", "--name", "sdk test")

    @classmethod
    def prepare(cls):
        """What is to be in the data folder before the server starts."""

    @classmethod
    def stop(cls):
        cls.server.send_signal(signal.SIGTERM)
        cls.server.wait(timeout=30)
        cls.server.stdout.close()

    @classmethod
    def run_hutong(cls, *args):
        done = subprocess.run([cls.binary, *args, "--data", cls.data], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def main():
    """Runs the tests of the program and says how they went."""
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)
