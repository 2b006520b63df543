"""Encode a file of texts with model2vec and save the vectors as a NumPy array.

Arguments: prepare MODEL FOLDER, which makes a model2vec folder of a LuminaVec model with
pooling mean or sif and no layers; or encode FOLDER TEXTS OUT.npy, the process that is measured.
"""
import json
import os
import shutil
import sys

import numpy

if sys.argv[1] == "prepare":
    from safetensors.numpy import load_file, save_file

    model, folder = sys.argv[2:]
    tensors = load_file(os.path.join(model, "model.safetensors"))
    table = tensors["embedding.weight"]
    if "pooling.weight" in tensors:
        table = table * tensors["pooling.weight"][:, None]
    with open(os.path.join(model, "config.json")) as f:
        normalize = json.load(f)["encoder"]["normalize"]
    save_file({"embeddings": table}, os.path.join(folder, "model.safetensors"))
    shutil.copy(os.path.join(model, "tokenizer.json"), folder)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump({"model_type": "model2vec", "normalize": normalize}, f)
else:
    from model2vec import StaticModel

    folder, texts, out = sys.argv[2:]
    with open(texts, encoding="utf-8") as f:
        lines = f.read().splitlines()
    numpy.save(out, StaticModel.from_pretrained(folder).encode(lines, use_multiprocessing=False))
