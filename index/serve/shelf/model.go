package shelf

import (
	"context"
	"errors"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/models"
)

// Model is an open model folder.
type Model struct {
	Name    string
	Encoder models.Model
	// Words are the vectors of single words; nil for a transformer.
	Words *evaluate.WordVectors
}

func openModel(ctx context.Context, name, dir string) (*Model, error) {
	m := &Model{Name: name}
	transformer, err := models.IsTransformer(dir)
	if err != nil {
		return nil, err
	}
	if m.Encoder, err = models.Open(ctx, dir); err != nil || transformer {
		return m, err
	}
	read, err := checkpoints.Read(ctx, dir, checkpoints.ReadOptions{})
	if err != nil {
		return nil, err
	}
	table, err := sentence.TokenVectors(read)
	if err != nil {
		return nil, err
	}
	m.Words = evaluate.NewWordVectors(table)
	return m, nil
}

// Close implements io.Closer. The tables are unmapped when nothing uses them.
func (m *Model) Close() error {
	if m == nil {
		return errors.New("no model")
	}
	return nil
}
