"""The providers' clients against a real HTTP server on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mle_toolkit.errors import ModelError
from mle_toolkit.models import Message, Tool, ToolCall, get_model

SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}
TOOL = Tool("look", "Look at x.", SCHEMA)
PRICES = {"usd_per_mtok_in": 2.0, "usd_per_mtok_out": 10.0}


class Server:
    """Keeps the requests and answers them with prepared replies."""

    def __init__(self):
        self.requests = []
        self.answers = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): text for name, text in self.headers.items()}
                outer.requests.append((self.path, headers, json.loads(body)))
                status, answer = outer.answers.pop(0)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        """End the server and its thread."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch):
    """A server at which both clients are pointed."""
    made = Server()
    monkeypatch.setenv("OPENAI_BASE_URL", f"{made.url}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", made.url)
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield made
    made.close()


def openai_answer(message, usage=(11, 7)):
    answer = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": None} | message,
            }
        ],
    }
    if usage:
        answer["usage"] = {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "total_tokens": sum(usage),
        }
    return 200, answer


def anthropic_answer(*content):
    return 200, {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": list(content),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 11,
            "output_tokens": 7,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": None,
        },
    }


def openai_call(arguments):
    function = {"name": "look", "arguments": arguments}
    return {"tool_calls": [{"id": "t1", "type": "function", "function": function}]}


CONVERSATION = [
    Message("system", "Be brief."),
    Message("user", "Look."),
    Message("assistant", "", (ToolCall("t1", "look", {"x": 1}),)),
    Message("tool", "seen", tool_call_id="t1"),
    Message("user", "And now?"),
]


def test_openai_text(server):
    """A plain question: the text, the usage, and no price that was not given."""
    server.answers = [openai_answer({"content": "hello"})]
    model = get_model("openai:m", seed=5, options={"temperature": 0.5})
    reply = model.complete([Message("user", "hi")])
    assert (reply.text, reply.tool_calls) == ("hello", ())
    assert (reply.tokens_in, reply.tokens_out, reply.cost_usd) == (11, 7, None)
    path, headers, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer test-key"
    assert body == {
        "model": "m",
        "temperature": 0.5,
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_openai_tools(server):
    """A whole conversation with calls goes out, and a call comes back."""
    server.answers = [openai_answer(openai_call('{"x": 3}'))]
    model = get_model("openai:m", seed=5, options={**PRICES, "send_seed": True})
    reply = model.complete(CONVERSATION, [TOOL])
    assert reply.tool_calls == (ToolCall("t1", "look", {"x": 3}),)
    assert reply.text == ""
    assert reply.cost_usd == pytest.approx((11 * 2 + 7 * 10) / 1e6)
    body = server.requests[0][2]
    assert body["seed"] == 5
    assert "tool_choice" not in body
    assert body["tools"][0]["function"]["parameters"] == SCHEMA
    assert body["messages"][2]["tool_calls"][0]["function"] == {
        "name": "look",
        "arguments": '{"x": 1}',
    }
    assert body["messages"][3]["tool_call_id"] == "t1"


def test_openai_a_required_tool(server):
    """A tool that has to be called is asked for by name."""
    server.answers = [openai_answer(openai_call("{}"))]
    tool = Tool("look", "Look at x.", SCHEMA, required=True)
    get_model("openai:m", seed=0).complete(CONVERSATION, [tool])
    choice = server.requests[0][2]["tool_choice"]
    assert choice == {"type": "function", "function": {"name": "look"}}


@pytest.mark.parametrize("arguments", ["{not json", "[1]"])
def test_openai_arguments_that_are_no_object(server, arguments):
    """They are kept, so that a review of them fails and nothing crashes."""
    server.answers = [openai_answer(openai_call(arguments))]
    reply = get_model("openai:m", seed=0).complete(CONVERSATION, [TOOL])
    assert list(reply.tool_calls[0].arguments) == ["_"]


def test_openai_without_usage(server):
    """An endpoint that counts nothing has no known cost either."""
    server.answers = [openai_answer({"content": "x"}, usage=None)]
    model = get_model("openai:m", seed=0, options=PRICES)
    reply = model.complete([Message("user", "hi")])
    assert (reply.tokens_in, reply.cost_usd) == (0, None)


def test_anthropic_text(server):
    """System texts go apart, and cached tokens count as read."""
    server.answers = [anthropic_answer({"type": "text", "text": "hello"})]
    model = get_model(
        "anthropic:m",
        seed=0,
        options={**PRICES, "temperature": 0.5, "max_tokens": 99},
    )
    reply = model.complete([Message("system", "Be brief."), Message("user", "hi")])
    assert reply.text == "hello"
    assert (reply.tokens_in, reply.tokens_out) == (111, 7)
    assert reply.cost_usd == pytest.approx((111 * 2 + 7 * 10) / 1e6)
    path, headers, body = server.requests[0]
    assert path == "/v1/messages"
    # Older clients send the key by itself, newer ones as a bearer.
    assert "test-key" in headers.get("x-api-key", headers.get("authorization"))
    assert body["system"] == "Be brief."
    assert (body["max_tokens"], body["temperature"]) == (99, 0.5)
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    ]


def test_anthropic_tools(server):
    """Calls and their answers are blocks, and neighbours of a role are joined."""
    call = {"type": "tool_use", "id": "t2", "name": "look", "input": {"x": 3}}
    server.answers = [anthropic_answer({"type": "text", "text": "I look."}, call)]
    tool = Tool("look", "Look at x.", SCHEMA, required=True)
    reply = get_model("anthropic:m", seed=0).complete(CONVERSATION, [tool])
    assert reply.text == "I look."
    assert reply.tool_calls == (ToolCall("t2", "look", {"x": 3}),)
    assert reply.cost_usd is None
    body = server.requests[0][2]
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    last = body["messages"][2]["content"]
    assert last[0]["type"] == "tool_result"
    assert last[0]["tool_use_id"] == "t1"
    assert last[1]["text"] == "And now?"
    assert body["tool_choice"] == {"type": "tool", "name": "look"}
    assert body["tools"][0]["input_schema"] == SCHEMA


@pytest.mark.parametrize("family", ["openai", "anthropic"])
def test_an_error_is_one_sentence(server, family):
    """The status and the provider's reason, on one line."""
    refusal = {"error": {"message": "no such\nmodel", "type": "not_found_error"}}
    server.answers = [(404, refusal)]
    model = get_model(f"{family}:m", seed=0)
    with pytest.raises(ModelError, match=rf"{family}:m did not answer.*404") as caught:
        model.complete([Message("user", "hi")])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("family", ["openai", "anthropic"])
def test_retries_are_the_client_s(server, family):
    """An overloaded server is asked again, as often as the option says."""
    server.answers = [(500, {"error": {"message": "busy"}})] * 2
    model = get_model(f"{family}:m", seed=0, options={"max_retries": 1})
    with pytest.raises(ModelError, match="500"):
        model.complete([Message("user", "hi")])
    assert len(server.requests) == 2


@pytest.mark.parametrize("family", ["openai", "anthropic"])
def test_no_server(server, family):
    """An endpoint that is not there is a model error too."""
    server.close()
    model = get_model(
        f"{family}:m", seed=0, options={"max_retries": 0, "base_url": server.url}
    )
    with pytest.raises(ModelError, match="did not answer"):
        model.complete([Message("user", "hi")])
