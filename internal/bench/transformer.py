"""Encode two files of texts with sentence-transformers and print the seconds of CPU time of each.

Arguments: MODEL THREADS SHORT.txt LONG.txt OUT, where the vectors of the short texts are saved.
"""
import json
import sys
import time

import numpy
import torch
from sentence_transformers import SentenceTransformer

model, threads, short, long, out = sys.argv[1:]
torch.set_num_threads(int(threads))
m = SentenceTransformer(model, device="cpu", model_kwargs={"dtype": torch.float32})
seconds = []
for i, path in enumerate((short, long)):
    with open(path, encoding="utf-8") as f:
        texts = f.read().splitlines()
    m.encode(texts[:64], batch_size=32)
    began = time.process_time()
    vectors = m.encode(texts, batch_size=32)
    seconds.append(time.process_time() - began)
    if i == 0:
        numpy.save(out, vectors.astype(numpy.float32))
print(json.dumps(seconds))
