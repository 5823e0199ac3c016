"""A real server without a model of its own, before vendors that keep books: what it booked must be what they charge for.

The vendors are the program `fakevendors`, which lies beside the server; its models do what their names say."""

import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

from hutong import WithServer

# For a million tokens, in yuan: every token costs whole micro-yuan, so that nothing is rounded anywhere.
PRICES = """
[vendor]
id = "toy"
currency = "CNY"
utc_offset = "+08:00"
source_url = "https://toy.example/prices"
checked_on = "2026-11-23"
[[price]]
models = ["say-*", "call*", "json*", "flaky-*"]
effective_from = "2026-01-01"
rates = { input = "2", cache_read = "1", cache_write_5m = "3", output = "8" }
# By name, so that policies may choose them.
[[price]]
models = ["lane__say-12.prompt-30", "lane__say-12.prompt-30.down"]
effective_from = "2026-01-01"
rates = { input = "2", cache_read = "1", cache_write_5m = "3", output = "8" }
"""
# Whoever is asked first has no answer.
POLICY = """
id = "lane"
name = { zh = "胡同", en = "Lane" }
[way]
kind = "fall_back"
chain = ["toy/lane__say-12.prompt-30.down", "toy/lane__say-12.prompt-30"]
"""
PLAN = """
id = "free"
rank = 0
name = { zh = "免费版", en = "Free" }
at_end = { then = "stop" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["*"], tools = ["*"], apps = ["*"] }
limits = { concurrent_runs = 64, weight = 1 }
"""
# As models' ids begin, for each dialect in which a vendor can be asked.
SITES = ("toy", "toy.responses", "toy.messages", "toy.generate-content")
SOON = 20


class WithVendors(WithServer):
    """One server and its vendors for all tests of a class. After each test the books of both are compared."""

    models = ()

    @classmethod
    def prepare(cls):
        program = pathlib.Path(os.environ["HUTONG_BIN"]).with_name("fakevendors")
        cls.vendors = subprocess.Popen([program, "--provider", "toy"], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.close_vendors)
        file = ""
        # The program says no more before it is stopped: its file ends with the last of the four.
        while file.count("base_url") < len(SITES) or not file.endswith("\n"):
            file += os.read(cls.vendors.stdout.fileno(), 65_536).decode()
        cls.house = re.search(r"http://[0-9.]+:\d+", file)[0]
        for place, text in (("providers", file), ("prices", PRICES)):
            cls.write(f"overlay/{place}/toy.toml", text)
        cls.write("overlay/plans/free.toml", PLAN)
        cls.write("overlay/routing/lane.toml", POLICY)
        sections = [f'[providers."{site}"]\nkey = "fake-outside"\n' for site in SITES]
        cls.write("hutong.toml", "\n".join(sections))

    @classmethod
    def write(cls, name, text):
        path = pathlib.Path(cls.data, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @classmethod
    def close_vendors(cls):
        cls.vendors.kill()
        cls.vendors.wait(timeout=30)
        cls.vendors.stdout.close()

    def tearDown(self):
        deadline = time.monotonic() + SOON
        # What came of an answer is booked a moment after its last byte.
        while (booked := self.booked()) != (charged := self.charged()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(booked, charged, "what was booked is what the vendors charge for")

    def booked(self):
        """Micro-yuan and tokens by model, as the server tells them."""
        token = json.loads(pathlib.Path(self.data, "server.json").read_text())["token"]
        spend = fetched(f"{self.url}/api/v1/spend?by=model", {"authorization": f"Bearer {token}"})
        rows = {}
        for row in spend["rows"]:
            # The vendors know nothing of the ways in which they are asked.
            model = row["key"].split("/", 1)[1]
            money, tokens = rows.get(model, (0, 0))
            rows[model] = (money + row["amount"]["micros"], tokens + row["tokens"])
        return {model: sums for model, sums in rows.items() if any(sums)}

    def charged(self):
        """The same, as the vendors' own books have it, but for what they broke off themselves: members pay nothing for
        answers of which they saw nothing, and the operator does."""
        rows = {}
        for line in fetched(f"{self.house}/invoice")["lines"]:
            if line["cut"]:
                continue
            read, written = line["cached_tokens"], line["written_tokens"]
            plain = line["input_tokens"] - read - written
            cost = plain * 2 + read * 1 + written * 3 + line["output_tokens"] * 8
            rows[line["model"]] = (cost, line["input_tokens"] + line["output_tokens"])
        return {model: sums for model, sums in rows.items() if any(sums)}


def fetched(url, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=SOON) as answer:
        return json.load(answer)
