# Makes trec_eval.json: random judgements and rankings with what trec_eval measures of them
# (pip install pytrec-eval-terrier; python3 trec_eval.py > trec_eval.json).
import json, random
import pytrec_eval

random.seed(7)
cases = []
for n in range(24):
    documents = [f"d{i}" for i in range(random.choice([3, 15, 60, 160]))]
    judged = {d: random.choice([-1, 0, 0, 1, 1, 2, 3]) for d in random.sample(documents, random.randint(1, len(documents)))}
    if n % 5 == 0:
        judged["absent"] = random.randint(1, 2)  # relevant, and not in the collection
    if n == 3:
        judged = {d: 0 for d in judged}  # nothing is relevant
    ranking = random.sample(documents, len(documents))
    if n % 2:  # good rankings too
        ranking.sort(key=lambda d: -judged.get(d, 0) + random.random() * 2)
    run = {d: float(len(ranking) - i) for i, d in enumerate(ranking)}
    first = {d: run[d] for d in ranking[:10]}  # recip_rank has no cut of its own
    of = lambda run, measures: pytrec_eval.RelevanceEvaluator({"q": judged}, measures).evaluate({"q": run})["q"]
    m = of(run, {"ndcg_cut.10", "recall.10,100", "map_cut.100"})
    cases.append({"judged": judged, "ranking": ranking, "ndcg@10": m["ndcg_cut_10"], "mrr@10": of(first, {"recip_rank"})["recip_rank"],
                  "recall@10": m["recall_10"], "recall@100": m["recall_100"], "map@100": m["map_cut_100"]})
print("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]")
