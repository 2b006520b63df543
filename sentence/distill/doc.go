// Package distill makes a static model, a table of a vector for each token, that imitates a transformer.
//
//	sample := distill.NewSample(teacher.Tokenizer().Vocabulary().Len(), o)
//	sample.Add(teacher.Tokenizer().Encode(nil, text)) // for each text
//	model, report, err := distill.Train(ctx, teacher, sample, o)
//
// The vector of a text becomes the weighted mean of those of its tokens, so it costs one look-up a token.
//
// The tokens are the teacher's, or others of which each begins as the teacher's vector of its text:
//
//		sample.AddText(teacher.Tokenizer(), text)
//		sample.Retokenize(tokenizer) // learned from sample.Each, or Tokenizer.WithWords(sample.SplitWords(…))
//
//	 1. Every token goes alone through the teacher (Tulkens and van Dongen 2024, Model2Vec). Their vectors,
//	    minus their mean, are the first table. A token that makes up the share p of the texts has the
//	    weight a/(a+p) (Arora, Liang and Ma 2017).
//	 2. The teacher encodes a sample of the texts. Its vectors are kept in a file, as float16, from which an
//	    interrupted run goes on.
//	 3. The table is moved until the texts have the vectors of the teacher, which WhitenTeacher changes: the loss is 1 − cos
//	    (train.Align), the optimizer AdaGrad.
//	 4. In a text, a token that occurs n times counts n^Repeats times, in all of this and in the model.
//	 5. With Pairs, a table that is trained on them is put beside it, in which texts are as long on average.
//	 6. The principal components of the texts' vectors are scaled by their variance to the power −Whiten/2,
//	    which weakens what all texts share, and the first Dim of them are kept.
//	 7. Each token gets a random vector of its own besides, of which those of different tokens are almost
//	    perpendicular: it counts the words that two texts share (Exact).
//	 8. With Pairs, the model is tuned on them for some steps, and with Scored until its similarities have the
//	    order of the scores.
//
// Memory holds the sample's tokens, the tables and their gradients, whatever the number of texts.
package distill
