"""Schemathesis over our OpenAPI, as the owner: whatever it sends, no answer is a mistake of the server's."""

import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from hutong import WithServer, main  # noqa: E402

OPENAPI = pathlib.Path(__file__).parents[2] / "docs" / "openapi.json"


class OpenApi(WithServer):
    """One server for all tests."""

    models = ()

    def test_no_request_makes_the_server_fail(self):
        # What lets programs of this machine's user act as the owner, as `hutong` itself does.
        notice = json.loads((pathlib.Path(self.data, "server.json")).read_text())
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(OPENAPI), "--url", self.url]
        command += ["--header", f"Authorization: Bearer {notice['token']}", "--checks", "not_a_server_error"]
        command += ["--phases", "coverage,fuzzing,stateful", "--max-examples", "20", "--request-timeout", "30"]
        command += ["--seed", os.environ.get("SEED", "1"), "--no-color"]
        # What it notes down goes where the server's data goes.
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.data)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-1000:])
        told = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
        self.assertGreater(int(told[1]), 1_000, done.stdout[-2000:])
        tested, selected = re.search(r"Tested: (\d+)", done.stdout)[1], re.search(r"Selected: (\d+)", done.stdout)[1]
        self.assertEqual(tested.split("/")[0], selected.split("/")[0])


if __name__ == "__main__":
    main()
