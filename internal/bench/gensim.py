"""Train word vectors with gensim and print the training time in seconds as JSON.

Arguments: words vectors sg lr dim window negative subsample min_count epochs
"""
import json
import sys
import time

from gensim.models import Word2Vec

words, vectors = sys.argv[1:3]
sg, lr, dim, window, negative, subsample, min_count, epochs = map(float, sys.argv[3:])
model = Word2Vec(vector_size=int(dim), window=int(window), sg=int(sg), hs=0, negative=int(negative), sample=subsample,
                 min_count=int(min_count), alpha=lr, workers=1, seed=1, epochs=int(epochs))
model.build_vocab(corpus_file=words)
began = time.time()
model.train(corpus_file=words, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=model.epochs)
print(json.dumps({"seconds": time.time() - began}))
model.wv.save_word2vec_format(vectors)
