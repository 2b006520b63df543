"""Prints the vectors of TestFolders: python3 folders.py DIR, the folder that the test wrote."""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
from model2vec import StaticModel
from sentence_transformers import SentenceTransformer

texts = ["how are you", "you", "", "ⵣ", "ⵣⵣ ⵣ", "how ⵣⵣ are", "[UNK] are", "How ARE yous", "are " + "how " * 700,
    "how\x00are", "how \x00 are", "\x00", "how\x01are you", "how\tare\nyou", "how\r\nare", "how\x0bare\x0cyou", "how\x1care", "how\x1fare", "how\x7fare",
    "how\u0080are", "how\u0085are", "how\u00a0are", "how\u00adare", "how\u200bare", "how\u200dare", "how\u2028are", "how\u202eare", "how\u3000are",
    "how\ufeffare", "how\ufffdare", "how\ue000are", "how\U000e0001are", "h\u0301ow", "how\ufe0f are"]
result = {}
for name in sorted(os.listdir(sys.argv[1])):
    folder = os.path.join(sys.argv[1], name)
    if name.endswith(".model2vec"):
        vectors = StaticModel.from_pretrained(folder).encode(texts)
    elif os.path.exists(os.path.join(folder, "modules.json")):
        vectors = SentenceTransformer(folder, device="cpu").encode(texts)
    else:
        continue
    result[name] = [[round(float(x), 7) for x in v] for v in vectors]
print("{" + ",\n".join(json.dumps(k) + ": " + json.dumps(v) for k, v in result.items()) + "}")
