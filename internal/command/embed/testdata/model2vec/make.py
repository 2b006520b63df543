# Makes the models and golden.json beside it: python make.py FOLDER, with model2vec 0.10.0.
import json, os, sys
import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from model2vec import StaticModel
out=sys.argv[1]
toks=["[PAD]","[UNK]","the","cat","dog","##s","sat","on","mat","café","a",".",",","un","##like","##ly"]
def tok():
    t=Tokenizer(models.WordPiece({w:i for i,w in enumerate(toks)},unk_token="[UNK]",continuing_subword_prefix="##"))
    t.normalizer=normalizers.BertNormalizer(lowercase=True,strip_accents=False)
    t.pre_tokenizer=pre_tokenizers.BertPreTokenizer()
    t.add_special_tokens(["[PAD]","[UNK]"])
    return t
rng=np.random.default_rng(7)
texts=["The cats sat on the mat.","dogs","CAFÉ a cat, unlikely","the dog"]
gold={}
E=rng.normal(size=(len(toks),4)).astype(np.float32)
W=rng.uniform(0.1,2,size=len(toks)).astype(np.float32)
M=rng.integers(0,6,size=len(toks)).astype(np.int64)
for name,kw in {"plain":dict(vectors=E),"weights":dict(vectors=E,weights=W,normalize=True),"half":dict(vectors=E.astype(np.float16),normalize=True),
                "mapping":dict(vectors=E[:6].copy(),weights=W.astype(np.float64),token_mapping=M)}.items():
    kw.setdefault("normalize",False)
    v=kw.pop("vectors")
    m=StaticModel(v,tok(),**kw)
    m.save_pretrained(f"{out}/{name}")
    os.remove(f"{out}/{name}/README.md")
    gold[name]=[[float(x) for x in r] for r in m.encode(texts)]
json.dump({"texts":texts,"vectors":gold},open(f"{out}/golden.json","w"),indent=1,ensure_ascii=False)
