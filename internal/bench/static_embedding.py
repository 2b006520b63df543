"""Train StaticEmbedding of sentence-transformers and print seconds, pairs and loss as JSON.

Arguments: folder epochs threads. The folder holds tokenizer.json and pairs-*.jsonl; the
script adds vectors.npy, the trained table. Loss and sampler follow the recipe of
static-retrieval-mrl-en-v1, without Matryoshka dimensions: in-batch negatives in both
directions, no text twice in a batch, each batch from one file, learning rate 0.2, warm-up
over a tenth of the steps.
"""
import glob
import json
import os
import sys
import time

import numpy
import torch
from datasets import load_dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.losses import MultipleNegativesSymmetricRankingLoss
from sentence_transformers.models import StaticEmbedding
from sentence_transformers.training_args import BatchSamplers, MultiDatasetBatchSamplers
from tokenizers import Tokenizer

folder, epochs, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
files = sorted(glob.glob(os.path.join(folder, "pairs-*.jsonl")))
data = {os.path.basename(f)[:-6]: load_dataset("json", data_files=f, split="train", cache_dir=folder) for f in files}
torch.manual_seed(1)
static = StaticEmbedding(Tokenizer.from_file(os.path.join(folder, "tokenizer.json")), embedding_dim=256)
model = SentenceTransformer(modules=[static], device="cpu")
arguments = SentenceTransformerTrainingArguments(
    output_dir=os.path.join(folder, "out"), num_train_epochs=epochs, per_device_train_batch_size=1024, learning_rate=2e-1,
    warmup_ratio=0.1, batch_sampler=BatchSamplers.NO_DUPLICATES, multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
    save_strategy="no", report_to=[], logging_steps=50, disable_tqdm=True, use_cpu=True, seed=1)
trainer = SentenceTransformerTrainer(model=model, args=arguments, train_dataset=data, loss=MultipleNegativesSymmetricRankingLoss(model))
stdout, sys.stdout = sys.stdout, sys.stderr
began = time.time()
result = trainer.train()
seconds = time.time() - began
sys.stdout = stdout
numpy.save(os.path.join(folder, "vectors.npy"), static.embedding.weight.detach().numpy().astype(numpy.float32))
pairs = sum(len(d) for d in data.values()) * epochs
print(json.dumps({"seconds": seconds, "pairs": pairs, "loss": result.training_loss}))
