"""Measure a nearest-neighbor library on vectors and print the results as a JSON object.

Arguments: system base.f32 queries.f32 truth.i64 dim k metric m ef_construction threads efs
The files are raw arrays; truth holds the k nearest rows of the base for each query.
"""
import json
import resource
import sys
import time

import numpy as np

system, base, queries, truth, dim, k, metric, m, ef_construction, threads, efs = sys.argv[1:]
dim, k, m, ef_construction, threads = map(int, (dim, k, m, ef_construction, threads))
base = np.fromfile(base, np.float32).reshape(-1, dim)
queries = np.fromfile(queries, np.float32).reshape(-1, dim)
truth = np.fromfile(truth, np.int64).reshape(-1, k)
if metric == "cosine":
    base /= np.maximum(np.linalg.norm(base, axis=1, keepdims=True), 1e-30)
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-30)
efs = [int(ef) for ef in efs.split(",")]


def memory():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


before, began, cpu = memory(), time.perf_counter(), time.process_time()
if system == "hnswlib":
    import hnswlib

    index = hnswlib.Index({"cosine": "ip", "dot": "ip", "euclidean": "l2"}[metric], dim)
    index.init_index(len(base), M=m, ef_construction=ef_construction, random_seed=1)
    index.add_items(base, num_threads=threads)
    index.set_num_threads(1)

    def search(ef):
        index.set_ef(max(ef, k))
        return lambda: index.knn_query(queries, k, num_threads=1)[0]
elif system == "faiss":
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexHNSWFlat(dim, m, faiss.METRIC_L2 if metric == "euclidean" else faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = ef_construction
    index.add(base)
    faiss.omp_set_num_threads(1)

    def search(ef):
        index.hnsw.efSearch = ef
        return lambda: index.search(queries, k)[1]
elif system == "faiss-flat":
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatL2(dim) if metric == "euclidean" else faiss.IndexFlatIP(dim)
    index.add(base)
    efs = [0]

    def search(ef):
        return lambda: index.search(queries, k)[1]
elif system == "rabitqlib":  # SymphonyQG
    import rabitqlib

    index = rabitqlib.SymqgIndex(dim, 2 * m, "l2" if metric == "euclidean" else "ip")
    index.build(base, ef_construction, num_threads=threads)

    def search(ef):
        return lambda: index.search_batch(queries, k, max(ef, k), num_threads=1)[0]
elif system == "usearch":
    import usearch.index

    index = usearch.index.Index(ndim=dim, metric={"cosine": "ip", "dot": "ip", "euclidean": "l2sq"}[metric], dtype="f32",
                                connectivity=m, expansion_add=ef_construction)
    index.add(np.arange(len(base)), base, threads=threads)

    def search(ef):
        index.expansion_search = ef
        return lambda: index.search(queries, k, threads=1).keys
seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
used = memory() - before

points = []
for ef in efs:
    run = search(ef)
    speed = 0
    for _ in range(3):
        began = time.perf_counter()
        found = run()
        speed = max(speed, len(queries) / (time.perf_counter() - began))
    hits = sum(len(np.intersect1d(a, b)) for a, b in zip(found, truth))
    points.append({"ef": ef, "recall": hits / truth.size, "queries_per_second": speed})
batch = 0
if system == "faiss-flat":  # measured in one call so far; now one query at a time
    batch, single = speed, queries[:200]
    speed = 0
    for _ in range(3):
        began = time.perf_counter()
        for i in range(len(single)):
            index.search(single[i : i + 1], k)
        speed = max(speed, len(single) / (time.perf_counter() - began))
    points = [{"ef": 0, "recall": 1, "queries_per_second": speed}]
print(json.dumps({"seconds": seconds, "cpu": cpu, "bytes": used, "points": points, "batch": batch}))
