"""The product behind a door that refuses the first reports: started and stopped by test_offline.py.

    python tests/browser/shaky.py PORT REFUSALS
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from waitress import serve  # noqa: E402

from civicconnect import settings  # noqa: E402
from civicconnect.app import create_app  # noqa: E402
from civicconnect.web import files  # noqa: E402


def busy(app: Any, refusals: int) -> Any:
    """Answer so many posts of a report with 503, and not even read them; then let all through."""
    left = [refusals]

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and left[0] > 0:
            left[0] -= 1
            print("refused", flush=True)  # noqa: T201  the test counts them
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"busy"]
        return app(environ, start_response)

    return answer


if __name__ == "__main__":
    if stamp := os.environ.get("CIVIC_TEST_STAMP"):  # as if a file were another one
        files.stamp = lambda: stamp  # type: ignore[assignment]
    serve(busy(create_app(settings.load(os.environ)), int(sys.argv[2])),
          host="127.0.0.1", port=int(sys.argv[1]), threads=6)
