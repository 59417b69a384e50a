"""What the official clients make of the stub's answers, directly and through the embedded gateway.

Usage: check.py OLLAMACTL
"""

import json
import sys
import traceback

import ollama
import openai
import pydantic

from servers import servers

MODEL = "llama3.1:8b"
EMBEDDER = "nomic-embed-text"
ASKED = [{"role": "user", "content": "How is the weather in Vaduz?"}]


class Weather(pydantic.BaseModel):
    """What a structured answer has to fit."""

    city: str
    degrees: int
    sunny: bool
    hours: list[float]


def weather(city: str) -> str:
    """Tells the weather.

    Args:
        city: The city.

    Returns:
        The weather there.
    """
    return f"fine in {city}"


# Ollama's client.


def ollama_lists(client):
    names = [model.model for model in client.list().models]
    assert MODEL in names and f"{EMBEDDER}:latest" in names, names


def ollama_shows(client):
    shown = client.show(MODEL)
    assert shown.details.family == "llama" and "tools" in shown.capabilities, shown
    assert shown.modelinfo["general.architecture"] == "llama", shown.modelinfo


def ollama_pulls(client):
    lines = list(client.pull("tiny:fresh", stream=True))
    assert lines[0].status == "pulling manifest" and lines[-1].status == "success", lines
    assert client.pull("tiny:fresh").status == "success"
    client.delete("tiny:fresh")
    assert "tiny:fresh" not in [model.model for model in client.list().models]


def ollama_chats(client):
    answer = client.chat(MODEL, ASKED)
    assert answer.done and answer.message.content.startswith("[stub] "), answer
    assert MODEL in [model.model for model in client.ps().models]


def ollama_streams(client):
    parts = list(client.chat(MODEL, ASKED, stream=True))
    assert len(parts) > 5 and parts[-1].done and not parts[0].done, parts
    text = "".join(part.message.content for part in parts)
    assert text == client.chat(MODEL, ASKED).message.content, text


def ollama_generates(client):
    whole = client.generate(MODEL, "Why is the sky blue?").response
    parts = client.generate(MODEL, "Why is the sky blue?", stream=True)
    assert whole == "".join(part.response for part in parts), whole
    short = client.generate(MODEL, "Why?", options={"num_predict": 3})
    assert short.done_reason == "length" and short.eval_count == 3, short


def ollama_embeds(client):
    vectors = client.embed(EMBEDDER, ["one", "two"]).embeddings
    assert len(vectors) == 2 and len(vectors[0]) == len(vectors[1]) > 0
    assert vectors[0] != vectors[1] and list(vectors[0]) == list(client.embed(EMBEDDER, "one").embeddings[0])
    assert len(client.embeddings(EMBEDDER, "one").embedding) == len(vectors[0])


def ollama_calls_tools(client):
    answer = client.chat(MODEL, ASKED, tools=[weather])
    call = answer.message.tool_calls[0].function
    assert call.name == "weather", answer
    result = {"role": "tool", "content": weather(**call.arguments), "tool_name": call.name}
    answer = client.chat(MODEL, [*ASKED, answer.message, result], tools=[weather])
    assert not answer.message.tool_calls and answer.message.content, answer
    parts = list(client.chat(MODEL, ASKED, tools=[weather], stream=True))
    assert any(part.message.tool_calls for part in parts) and parts[-1].done, parts


def ollama_answers_in_a_form(client):
    answer = client.chat(MODEL, ASKED, format=Weather.model_json_schema())
    Weather.model_validate_json(answer.message.content)
    parts = client.chat(MODEL, ASKED, format=Weather.model_json_schema(), stream=True)
    Weather.model_validate_json("".join(part.message.content for part in parts))
    assert json.loads(client.generate(MODEL, "Who?", format="json").response)


def ollama_creates(client):
    client.create("mine", from_=MODEL, system="Be brief.", parameters={"num_predict": 2})
    assert client.generate("mine", "Why?").eval_count == 2
    client.copy("mine", "yours")
    assert client.show("yours").details.parent_model == MODEL
    for name in ("mine", "yours"):
        client.delete(name)


def refuses(code, call):
    try:
        call()
    except ollama.ResponseError as error:
        assert error.status_code == code, error
        return error.error
    raise AssertionError("it was not refused")


def ollama_tells_errors(client):
    for call in (
        lambda: client.chat("nope", ASKED),
        lambda: list(client.chat("nope", ASKED, stream=True)),
        lambda: client.generate("nope", "x"),
        lambda: client.show("nope"),
        lambda: client.embed("nope", "x"),
        lambda: client.delete("nope"),
    ):
        error = refuses(404, call)
        assert "nope" in error and "not found" in error, error
    assert "does not support chat" in refuses(400, lambda: client.chat(EMBEDDER, ASKED))
    # Inside a stream with status 200, which the client still takes for an error.
    unknown = "pull model manifest: file does not exist"
    assert refuses(-1, lambda: list(client.pull("nosuchmodel", stream=True))) == unknown
    assert refuses(500, lambda: client.pull("nosuchmodel")) == unknown


# OpenAI's client.

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def openai_lists(client):
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL


def openai_chats(client):
    answer = client.chat.completions.create(model=MODEL, messages=ASKED)
    choice = answer.choices[0]
    assert choice.finish_reason == "stop" and choice.message.content.startswith("[stub] "), answer
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def openai_streams(client):
    options = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(model=MODEL, messages=ASKED, stream=True, stream_options=options)
    )
    assert len(chunks) > 5 and chunks[-1].usage.completion_tokens > 0, chunks[-1]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    whole = client.chat.completions.create(model=MODEL, messages=ASKED)
    assert text == whole.choices[0].message.content, text


def openai_completes(client):
    answer = client.completions.create(model=MODEL, prompt="Why?", max_tokens=3)
    assert answer.choices[0].finish_reason == "length" and answer.choices[0].text, answer
    chunks = client.completions.create(model=MODEL, prompt="Why?", stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks).startswith("[stub] ")


def openai_embeds(client):
    # Unless told otherwise, the client asks for base64.
    answer = client.embeddings.create(model=EMBEDDER, input=["one", "two"])
    plain = client.embeddings.create(model=EMBEDDER, input="one", encoding_format="float")
    assert len(answer.data) == 2 and answer.data[0].embedding != answer.data[1].embedding
    pairs = zip(answer.data[0].embedding, plain.data[0].embedding, strict=True)
    assert all(abs(one - other) < 1e-6 for one, other in pairs)


def openai_calls_tools(client):
    create = client.chat.completions.create
    answer = create(model=MODEL, messages=ASKED, tools=[TOOL])
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls", answer
    call = message.tool_calls[0]
    result = weather(**json.loads(call.function.arguments))
    result = {"role": "tool", "tool_call_id": call.id, "content": result}
    answer = create(model=MODEL, messages=[*ASKED, message, result], tools=[TOOL])
    assert answer.choices[0].message.content and not answer.choices[0].message.tool_calls, answer
    chunks = list(create(model=MODEL, messages=ASKED, tools=[TOOL], stream=True))
    names = [call.function.name for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert names == ["weather"], chunks


def openai_answers_in_a_form(client):
    answer = client.chat.completions.parse(model=MODEL, messages=ASKED, response_format=Weather)
    assert isinstance(answer.choices[0].message.parsed, Weather), answer


def openai_responds(client):
    answer = client.responses.create(model=MODEL, input="Why?")
    assert answer.status == "completed" and answer.output_text.startswith("[stub] "), answer
    events = list(client.responses.create(model=MODEL, input="Why?", stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == answer.output_text and events[-1].type == "response.completed", events[-1]
    tool = {"type": "function", "strict": False, **TOOL["function"]}
    called = client.responses.create(model=MODEL, input="Why?", tools=[tool])
    assert called.output[0].type == "function_call" and called.output[0].name == "weather", called
    parsed = client.responses.parse(model=MODEL, input="Why?", text_format=Weather)
    assert isinstance(parsed.output_parsed, Weather), parsed


def openai_tells_errors(client):
    for call in (
        lambda: client.chat.completions.create(model="nope", messages=ASKED),
        lambda: client.chat.completions.create(model="nope", messages=ASKED, stream=True),
        lambda: client.embeddings.create(model="nope", input="x"),
        lambda: client.models.retrieve("nope"),
    ):
        try:
            call()
        except openai.NotFoundError as error:
            assert "nope" in error.message and error.type == "not_found_error", error
        else:
            raise AssertionError("it was not refused")
    try:
        client.chat.completions.create(model=MODEL, messages=[])
    except openai.BadRequestError as error:
        assert error.type == "invalid_request_error", error
    else:
        raise AssertionError("it was not refused")


def checks(prefix):
    return [(name, check) for name, check in sorted(globals().items()) if name.startswith(prefix + "_")]


def run(label, check, client):
    """Whether a check passed; says why not."""
    try:
        check(client)
    except Exception:
        print(f"FAILED {label}\n{traceback.format_exc()}", file=sys.stderr)
        return False
    print(f"ok     {label}")
    return True


def main(binary):
    outcomes = []
    for version in ("0.24.0", "0.33.0-rc2"):
        with servers(binary, version) as addresses:
            for where, url in addresses.items():
                clients = {
                    "ollama": ollama.Client(host=url, timeout=60),
                    "openai": openai.OpenAI(base_url=f"{url}/v1", api_key="none", timeout=60, max_retries=0),
                }
                for name, client in clients.items():
                    for what, check in checks(name):
                        outcomes.append(run(f"{version} {where}: {what}", check, client))
    failed = outcomes.count(False)
    print(f"clients: {outcomes.count(True)} passed" + (f", {failed} failed" if failed else ""))
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
