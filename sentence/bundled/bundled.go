// Package bundled holds a sentence model that is part of the program, for whoever names none.
//
// The model is the file model.zip: a model folder, as checkpoints.Write writes it, in an archive whose
// large files are stored and whose small ones are compressed, so that it opens in a few milliseconds.
// A program contains it only if it imports this package. It is distilled from all-MiniLM-L6-v2 with the
// bundled samples of pairs and of Wikipedia, by one command (TEACHER is the absolute path of the
// teacher's folder, as sentence-transformers writes it):
//
//	TEACHER=/models/all-MiniLM-L6-v2 go generate ./sentence/bundled
//
// corpora/data/NOTICE.md has the sources and licenses. Another model takes its place if the file is
// replaced:
//
//	go run ./sentence/bundled/pack MODEL sentence/bundled/model.zip
package bundled

//go:generate go run ../../cmd/train distill --teacher $TEACHER --precision int8 --max-tokens 128 --epochs 6 --sif 0.0003 --whiten 0.8 --whiten-teacher 0.4 --exact 0 --repeats 1 --dim 256 --force -o $TEACHER-distilled
//go:generate go run ../../cmd/embed compress -m $TEACHER-distilled --dtype int4 --force -o $TEACHER-small
//go:generate go run ./pack $TEACHER-small model.zip

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/sentence"
)

// Name is the name of the model in reports and errors.
const Name = "bundled"

// Source says in a few words what the model was trained on.
const Source = "distilled from all-MiniLM-L6-v2"

//go:embed model.zip
var archive []byte

// ID tells the model from others.
func ID() string {
	sum := sha256.Sum256(archive)
	return hex.EncodeToString(sum[:8])
}

// Open returns the encoder of the model.
func Open(ctx context.Context) (*sentence.Encoder, error) {
	c, err := Read(ctx)
	if err != nil {
		return nil, err
	}
	e, err := sentence.FromCheckpoint(c)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", Name, err)
	}
	return e, nil
}

// Read returns the model.
func Read(ctx context.Context) (*checkpoints.Checkpoint, error) {
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", Name, err)
	}
	return checkpoints.ReadFS(ctx, Name, files)
}

// Verify verifies the files of the model and lists them.
func Verify(ctx context.Context) (*checkpoints.Report, error) {
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", Name, err)
	}
	return checkpoints.VerifyFS(ctx, Name, files)
}
