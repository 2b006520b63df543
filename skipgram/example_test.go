package skipgram_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/skipgram"
)

// Train on text in memory, then find nearest neighbors.
func ExampleTrain() {
	content := strings.Repeat("the cat sees the dog\nthe dog sees the cat\nthe car passes the bus\nthe bus passes the car\n", 100)
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer corpus.Close()

	o := skipgram.DefaultOptions()
	o.Dim, o.Window, o.Epochs, o.Subsample, o.Threads, o.LearningRate = 16, 2, 20, 0, 1, 0.05
	model, err := skipgram.Train(ctx, o, skipgram.Run{Corpus: corpus, Tokenizer: tokenizer})
	if err != nil {
		fmt.Println(err)
		return
	}
	vectors := evaluate.NewWordVectors(model)
	for _, word := range []string{"cat", "car"} {
		near, err := vectors.Neighbors(word, 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s is nearest to %s\n", word, near[0].Word)
	}
	// Output:
	// cat is nearest to dog
	// car is nearest to bus
}

// Train a finished model further on new text; it learns the new words.
func ExampleContinue() {
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	build := func(content string, known *tokenize.Vocabulary) *corpora.Corpus {
		corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)),
			corpora.BuildOptions{Tokenizer: tokenizer, MinCount: 5, Base: known})
		if err != nil {
			log.Fatal(err)
		}
		return corpus
	}
	o := skipgram.DefaultOptions()
	o.Dim, o.Subsample = 16, 0
	old := build(strings.Repeat("the cat sees the dog\n", 100), nil)
	defer old.Close()
	model, err := skipgram.Train(ctx, o, skipgram.Run{Corpus: old, Tokenizer: tokenizer})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Vocabulary.Tokens())

	more := build(strings.Repeat("the horse sees the cat\n", 100), model.Vocabulary)
	defer more.Close()
	begun, err := skipgram.Continue(model, more, o)
	if err != nil {
		log.Fatal(err)
	}
	if model, err = skipgram.Train(ctx, o, skipgram.Run{Corpus: more, Tokenizer: tokenizer, Resume: begun}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Vocabulary.Tokens())
	// Output:
	// [the cat dog sees]
	// [the cat sees dog horse]
}

// Interrupt a run, then resume it from its model folder. The checkpoint stores the options
// and the name of the text file.
func ExampleResume() {
	dir, err := os.MkdirTemp("", "skipgram")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	content, folder := filepath.Join(dir, "text.txt"), filepath.Join(dir, "model")
	if err := os.WriteFile(content, []byte(strings.Repeat("the cat sees the dog\n", 5000)), 0o666); err != nil {
		log.Fatal(err)
	}
	source, err := text.Open(content)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Build(ctx, source, corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		log.Fatal(err)
	}
	defer corpus.Close()

	// Interrupted after the first epoch, where a checkpoint is saved.
	o := skipgram.DefaultOptions()
	o.Dim, o.Subsample = 16, 0
	cut, interrupt := context.WithCancel(ctx)
	_, err = skipgram.Train(cut, o, skipgram.Run{
		Corpus: corpus, Tokenizer: tokenizer, Sources: source.Names(),
		Save: func(ctx context.Context, c *checkpoints.Checkpoint) error {
			defer interrupt()
			return checkpoints.Write(ctx, folder, c, checkpoints.WriteOptions{Replace: true})
		},
	})
	fmt.Println(err)

	model, err := skipgram.Resume(ctx, folder, skipgram.ResumeOptions{})
	if err != nil {
		log.Fatal(err)
	}
	p := model.Config.Progress
	fmt.Println("finished:", p.Finished, "after epoch", p.Epoch)
	if err := checkpoints.Write(ctx, folder, model, checkpoints.WriteOptions{Replace: true}); err != nil {
		log.Fatal(err)
	}

	_, err = skipgram.Resume(ctx, folder, skipgram.ResumeOptions{})
	fmt.Println("again:", errors.Is(err, skipgram.ErrFinished))
	// Output:
	// context canceled
	// finished: true after epoch 5
	// again: true
}

// Evaluate the model on a file of word pairs after each epoch. Train returns the best model.
func ExampleOpenValidation() {
	dir, err := os.MkdirTemp("", "skipgram")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	pairs := filepath.Join(dir, "pairs.tsv")
	if err := os.WriteFile(pairs, []byte("cat\tdog\t9\ncar\tbus\t8\ncat\tbus\t2\nsees\tcar\t1\nhorse\tcow\t9\n"), 0o666); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	content := strings.Repeat("the cat sees the dog\nthe dog sees the cat\nthe car passes the bus\nthe bus passes the car\n", 100)
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		log.Fatal(err)
	}
	defer corpus.Close()
	o := skipgram.DefaultOptions()
	o.Dim, o.Window, o.Epochs, o.Subsample, o.Threads = 16, 2, 10, 0, 1

	validation, err := skipgram.OpenValidation(ctx, corpus, tokenizer, o, pairs)
	if err != nil {
		log.Fatal(err)
	}
	defer validation.Close()
	for _, set := range validation.Sets {
		fmt.Printf("%d of %d pairs known\n", set.Known, set.Size)
	}
	model, err := skipgram.Train(ctx, o, skipgram.Run{Corpus: corpus, Tokenizer: tokenizer, Validation: validation})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Config.Validation.Count, "validations; the model kept is the", model.Config.Validation.Model)
	// Output:
	// 4 of 5 pairs known
	// 10 validations; the model kept is the best
}
