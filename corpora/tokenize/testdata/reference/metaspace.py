# Makes metaspace.json: the ids of version 0.23 of the tokenizers library of Hugging Face, for
# Strip, Metaspace and added tokens in many combinations.
from tokenizers import Tokenizer,models,normalizers,pre_tokenizers,AddedToken,Regex
import json,sys
v={c:i for i,c in enumerate(["<unk>"]+list("▁abc")+["▁a","▁b","▁c","▁▁","<mask>","▁ab"])}
out=[]
strings=["a b"," a b","a b ","  a","a<mask>b","a <mask> b","<mask>a","<mask> a"," <mask>a","a<mask>","<mask>","  ","\u200ba","a\u200b","\u0085a","\x1ca","\ufeffa\ufeff","\u3000a\u3000","\u180ea","a b<mask>c a","\x00a","▁a","▁▁a","a▁b","a  b","▁ a"," ▁a","<mask>▁a"]
cases={}
def case(name,norm,pre,added=(AddedToken('<mask>',special=True),)):
    t=Tokenizer(models.BPE(vocab=v,merges=[("▁","a"),("▁","b"),("▁","c"),("▁","▁"),("▁a","b")],unk_token="<unk>"))
    if norm: t.normalizer=norm
    if pre: t.pre_tokenizer=pre
    t.add_tokens(list(added))
    cases[name]={"file":json.loads(t.to_str()),"ids":[t.encode(s,add_special_tokens=False).ids for s in strings]}
N=normalizers; P=pre_tokenizers
M=lambda sch,split=True: P.Metaspace(prepend_scheme=sch,split=split)
for st in [(True,True),(True,False),(False,True),(False,False)]:
    case("strip%d%d"%st,N.Strip(*st),M("first"))
    case("stripalways%d%d"%st,N.Strip(*st),M("always"))
    case("stripnever%d%d"%st,N.Strip(*st),M("never",False))
case("firstnosplit",None,M("first",False))
case("seq",None,P.Sequence([P.WhitespaceSplit(),M("first")]))
case("seqstrip",N.Strip(),P.Sequence([P.WhitespaceSplit(),M("first")]))
case("seqstripL",N.Sequence([N.Strip(True,False),N.NFKC()]),P.Sequence([P.Punctuation(),M("first")]))
case("seqalways",None,P.Sequence([P.WhitespaceSplit(),M("always")]))
case("norm",N.Strip(),M("first"),(AddedToken('<mask>',normalized=True),))
case("norm2",None,M("first"),(AddedToken('<mask>',normalized=True),))
case("lstrip",N.Strip(),M("first"),(AddedToken('<mask>',lstrip=True),))
case("rstrip",N.Strip(),M("first"),(AddedToken('<mask>',rstrip=True),))
case("prepend",N.Sequence([N.Strip(),N.Prepend("▁"),N.Replace(" ","▁")]),None)
case("prependfirst",N.Sequence([N.Prepend("▁")]),M("first"))
case("replacestrip",N.Sequence([N.Replace(Regex("b"),""),N.Strip()]),M("first"))
case("replacemeta",N.Replace("a",""),M("first"))
case("nmt",N.Sequence([N.Nmt(),N.Strip()]),M("first"))
case("lower",N.Sequence([N.Strip(),N.Lowercase()]),P.Sequence([P.Split(Regex("b"),"isolated"),M("first")]))
case("replacewhole",N.Replace(Regex("^a"),""),P.Sequence([P.WhitespaceSplit(),M("first")]))
case("bertstrip",N.Sequence([N.Strip(),N.BertNormalizer()]),P.Sequence([P.BertPreTokenizer(),M("first")]))
case("digits",N.Prepend("c"),P.Sequence([P.Digits(),M("first")]))
case("twice",None,P.Sequence([M("first"),M("first")]))
json.dump({"strings":strings,"cases":cases},open('metaspace.json','w'),ensure_ascii=False)
