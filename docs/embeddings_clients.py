"""Calls /v1/embeddings with the clients that people have: openai, LangChain, LlamaIndex and Hugging Face.

    search serve COLLECTION
    python embeddings_clients.py http://127.0.0.1:8080

Those that are not installed are skipped. The vectors of all must be those of a plain request.
"""

import base64
import json
import math
import struct
import sys
import urllib.request

base = sys.argv[1].rstrip("/")
texts = ["cats and dogs", "a world of cats", "hello"]


def post(path, body):
    request = urllib.request.Request(base + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))


model = json.load(urllib.request.urlopen(base + "/v1/models"))["data"][0]["id"]
want = [d["embedding"] for d in post("/v1/embeddings", {"model": model, "input": texts})["data"]]


def check(name, got, want=want):
    assert len(got) == len(want), (name, len(got))
    for a, b in zip(got, want):
        assert len(a) == len(b) and all(math.isclose(x, y, abs_tol=1e-6) for x, y in zip(a, b)), name
    print(name, "agrees")


coded = post("/v1/embeddings", {"model": model, "input": texts, "encoding_format": "base64"})["data"]
check("base64", [struct.unpack(f"<{len(want[0])}f", base64.b64decode(d["embedding"])) for d in coded])


def openai():
    from openai import NotFoundError, OpenAI

    client = OpenAI(base_url=base + "/v1", api_key="none")
    check("openai", [d.embedding for d in client.embeddings.create(model=model, input=texts).data])
    check("openai, one text", [client.embeddings.create(model=model, input=texts[0]).data[0].embedding], want[:1])
    assert model in [m.id for m in client.models.list()]
    try:
        client.embeddings.create(model="no such model", input="x")
        raise AssertionError("a model that is not served was accepted")
    except NotFoundError as e:
        assert e.code == "model_not_found", e.body


def langchain():
    from langchain_openai import OpenAIEmbeddings

    # Without check_embedding_ctx_length=False it sends token ids of OpenAI's models.
    e = OpenAIEmbeddings(model=model, base_url=base + "/v1", api_key="none", check_embedding_ctx_length=False)
    check("LangChain, documents", e.embed_documents(texts))
    check("LangChain, query", [e.embed_query(texts[0])], want[:1])


def llamaindex():
    from llama_index.embeddings.openai import OpenAIEmbedding

    e = OpenAIEmbedding(model_name=model, api_base=base + "/v1", api_key="none")
    check("LlamaIndex", e.get_text_embedding_batch(texts))
    check("LlamaIndex, query", [e.get_query_embedding(texts[0])], want[:1])


def huggingface():
    # The route of text-embeddings-inference.
    from huggingface_hub import InferenceClient

    e = InferenceClient(model=base + "/embed")
    check("huggingface_hub", [list(map(float, e.feature_extraction(t)[0])) for t in texts])


def tei():
    check("text-embeddings-inference", post("/embed", {"inputs": texts}))


for client in [openai, langchain, llamaindex] + [tei, huggingface] * ("--tei" in sys.argv):
    try:
        client()
    except ImportError as e:
        print(client.__name__, "is skipped:", e)
