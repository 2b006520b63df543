"""Compares the vectors of exported folders with those of other programs.

    python3 folders.py TEXTS.json < CASES

TEXTS.json is a list of texts. Each line of CASES is a JSON array: the name of a case, its
folder, a NumPy array with the vectors of the texts, and which programs open the folder. The output
is a line per comparison, a JSON object: case, program, largest difference, text where it is.
"""

import json
import logging
import os
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import numpy as np

texts = json.load(open(sys.argv[1], encoding="utf-8"))


def model2vec(folder):
    from model2vec import StaticModel

    model = StaticModel.from_pretrained(folder)
    if model.embedding.dtype == np.float16:  # to which it would round the vectors too
        model.embedding = model.embedding.astype(np.float32)
    return model.encode(texts, max_length=None)


def sentence_transformers(folder):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(folder, device="cpu")
    model[0].tokenizer.no_truncation()
    return model.encode(texts, show_progress_bar=False)


def wordllama(folder):
    import safetensors.numpy
    import tokenizers
    from wordllama.inference import WordLlamaInference

    table = safetensors.numpy.load_file(folder)["embedding.weight"]
    root = os.path.dirname(os.path.dirname(folder))
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(root, "tokenizers", "l2_supercat_tokenizer_config.json"))
    return WordLlamaInference(table, tokenizer).embed(texts, batch_size=1)


programs = {"model2vec": model2vec, "sentence-transformers": sentence_transformers, "wordllama": wordllama}

for line in sys.stdin:
    name, folder, vectors, opens = json.loads(line)
    ours = np.load(vectors)
    for program in opens:
        try:
            theirs = np.asarray(programs[program](folder), dtype=np.float32)
            difference = np.abs(ours - theirs).max(axis=1)
            at = int(difference.argmax())
            print(json.dumps({"case": name, "program": program, "difference": float(difference[at]), "text": texts[at][:60],
                              "above": int((difference > 1e-5).sum())}))
        except Exception as error:
            print(json.dumps({"case": name, "program": program, "error": f"{type(error).__name__}: {error}"[:300]}))
