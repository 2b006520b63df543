# Writes vocabulary.json, the golden file of TestVocabulary: tokens of a model, what stands for each of them in the
# tokens of the teacher, and the teacher's vector of that. python3 vocabulary.py, with torch and transformers.
import json, torch
from transformers import AutoModel, AutoTokenizer

folder = "../../transformer/testdata/bert"
tok, net = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
inside = {"##ing": ["##ing"], "##wood": ["##w", "##ood"], "##horse": ["horse"]}  # the last one has no token inside a word
rows = []
for token in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "guitar", "horses", "##ing", "##wood", "##horse", "flutist", "the", "2", "##s", "munchen"]:
    pieces = inside.get(token) or ([token] if token in tok.get_vocab() else tok.tokenize(token))
    ids = [tok.cls_token_id] + tok.convert_tokens_to_ids(pieces) + [tok.sep_token_id]
    with torch.no_grad():
        v = net(torch.tensor([ids])).last_hidden_state[0].double().mean(0)
    rows.append({"token": token, "pieces": pieces, "vector": [round(x, 7) for x in (v / v.norm()).tolist()]})
with open("vocabulary.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
