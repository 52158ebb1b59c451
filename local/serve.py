"""`make serve`: the stack, the API and the outbox worker in the foreground, with a demo account ready to use."""

import sys
import time

import httpx

from local.foreground import data_dir, port_from_environment, report, running, watch
from local.stack import EmbeddedStack, StackError

ORIGINS = tuple(f"http://{host}:{port}" for port in (3000, 5173) for host in ("localhost", "127.0.0.1"))
START_SECONDS = 60.0
DEMO_ACCOUNT = {"email": "demo@example.com", "password": "demo account of this machine"}


def main() -> int:
    """Serve until Ctrl-C. Exit code 1 with one line when something is in the way."""
    try:
        port = port_from_environment("PORT", 8080)
        with EmbeddedStack(data_dir(), attach=True) as stack:
            stack.prepare()
            serve(stack, port)
    except StackError as error:
        return report(error)
    except KeyboardInterrupt:
        print("stopped")
    return 0


def serve(stack: EmbeddedStack, port: int) -> None:
    """Run the API and the worker beside the stack and print how to use them."""
    base_url = f"http://127.0.0.1:{port}"
    environment = stack.environment() | {
        "PORT": str(port),
        "PUBLIC_BASE_URL": base_url,
        "CORS_ALLOWED_ORIGINS": ",".join(ORIGINS),
    }
    uvicorn = [sys.executable, "-m", "uvicorn", "api.main:create_app", "--factory", "--host", "127.0.0.1"]
    programs = {
        "the API": [
            *uvicorn,
            "--port",
            str(port),
            "--timeout-graceful-shutdown",
            "1",
            "--no-access-log",
            "--no-server-header",
        ],
        "the outbox worker": [sys.executable, "-m", "cli.main", "work"],
    }
    with running(programs, environment) as started, httpx.Client(base_url=base_url, trust_env=False, timeout=5) as api:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(api):
            for program in started:
                program.ensure_running()
            if time.monotonic() > deadline:
                raise StackError(f"the API did not become ready within {START_SECONDS:.0f} s: see its lines above")
            time.sleep(0.2)
        print_welcome(base_url, demo_token(api))
        watch(stack, started)


def is_ready(api: httpx.Client) -> bool:
    """Whether the API can reach its database and storage."""
    try:
        return api.get("/health/ready").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def demo_token(api: httpx.Client) -> str:
    """A token of the demo account, made on the first start. Raises StackError with the API's own words."""
    answer = api.post("/api/auth/register", json={**DEMO_ACCOUNT, "displayName": "Demo Person"})
    if answer.status_code == httpx.codes.CONFLICT:
        answer = api.post("/api/auth/login", json=DEMO_ACCOUNT)
    if not answer.is_success:
        raise StackError(f"the demo account cannot be made: {answer.status_code} {answer.text[:300]}")
    return str(answer.json()["accessToken"])


def print_welcome(base_url: str, token: str) -> None:
    """What a front-end developer needs to begin."""
    print(
        f"""
CVstomize is ready.
  API        {base_url}
  docs       {base_url}/docs   (document: {base_url}/openapi.json)
  account    {DEMO_ACCOUNT["email"]} / {DEMO_ACCOUNT["password"]}
  token      {token}
  browsers   may call it from {", ".join(ORIGINS)}

Try it:
  curl -H 'Authorization: Bearer {token}' {base_url}/api/me

Beside it: make dagster (pipelines), make psql ROLE=analyst (marts). Ctrl-C stops everything.
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
