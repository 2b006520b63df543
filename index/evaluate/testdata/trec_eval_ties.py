# Prints the values of TestRetrievalTies: what trec_eval measures of documents with equal scores
# (pip install pytrec-eval-terrier==0.5.11; python3 trec_eval_ties.py).
import pytrec_eval


def show(name, run, judged):
    of=lambda run,m: pytrec_eval.RelevanceEvaluator({"q":judged},m).evaluate({"q":run})["q"]
    m=of(run,{"ndcg_cut.10","recall.10,100","map_cut.100","recip_rank"})
    order=sorted(run,key=lambda d:(run[d],d.encode()),reverse=True)
    mrr=of({d:float(len(order)-i) for i,d in enumerate(order[:10])},{"recip_rank"})["recip_rank"]
    print(name, m["ndcg_cut_10"], mrr, m["recall_10"], m["recall_100"], m["map_cut_100"])


thirty={f"d{i}":1.0 for i in range(30)}
show("30 d0", thirty, {"d0":1})
show("30 d9", thirty, {"d9":1})
show("30 d29", thirty, {"d29":1})
show("30 graded", thirty, {"d4":2,"d29":1,"d3":3,"d10":1,"d25":0,"d7":-1})
two={f"d{i}":1.0 if i%3==0 else 0.5 for i in range(30)}
show("two", two, {"d28":2,"d29":1,"d12":3,"d0":1})
show("3000", {f"d{i}":1.0 for i in range(3000)}, {f"d{i}":1 for i in (0,9,10,99,999,2999,2899,998)})
show("utf8", {"é":1.0,"z":1.0,"Z":1.0,"a":1.0,"aa":1.0,"😀":1.0,"\uffee":1.0}, {"é":1,"aa":2,"😀":1})
