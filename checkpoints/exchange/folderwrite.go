package exchange

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange/internal/static"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// The folders of model2vec and sentence-transformers, as written. A folder that gives the same
// vectors in both is the same in both formats; a model that only one of them can express has the
// tensor and the modules of that one, so that the other does not open it.
func init() {
	const loses = "layers and token weights become part of the rows; character n-grams, phrases and other poolings than the mean are refused; such a folder is read as safetensors"
	holds := Holds{Words: Inside, Tokenizer: true}
	Register(Format{
		Name: "model2vec", Folder: true, Holds: holds, Loses: loses,
		Description: "a folder that model2vec opens, and sentence-transformers too unless vectors are not normalized",
		WriteModel: func(ctx context.Context, dir string, c *checkpoints.Checkpoint, o FolderOptions) error {
			return writeFolder(ctx, dir, c, o, true)
		},
	})
	Register(Format{
		Name: "sentence-transformers", Folder: true, Holds: holds, Loses: loses,
		Description: "a folder that SentenceTransformer opens as StaticEmbedding, the same as model2vec's",
		WriteModel: func(ctx context.Context, dir string, c *checkpoints.Checkpoint, o FolderOptions) error {
			return writeFolder(ctx, dir, c, o, false)
		},
	})
}

// FolderOptions control how ExportFolder treats an existing folder.
type FolderOptions struct {
	// Replace is whether an existing folder with a static embedding is replaced. Any other
	// folder that is not empty, such as a model of this program, is never replaced. Default
	// false: an existing folder is an error.
	Replace bool
}

// ExportFolder writes a model as a folder that other programs open, in one of the Exportable
// formats that are folders: the table, the tokenizer and what these programs need to give every
// text the vector that package sentence gives it. Like a model, the folder is written completely
// or not at all.
//
// As for Export, it is an error if the rows are not the vectors of the model; sentence.WordVectors
// folds its layers. It is also an error if the model has what the other program cannot express: it
// composes words of character n-grams, joins phrases, or treats unknown text in another way. The
// token for unknown text gets a row of zeros: model2vec skips it, and sentence-transformers
// averages it, which changes the length of a vector but not its direction.
func ExportFolder(ctx context.Context, dir string, c *checkpoints.Checkpoint, format string, o FolderOptions) error {
	f, err := Lookup(Exportable(), format)
	if err != nil {
		return err
	}
	if f.WriteModel == nil {
		return fmt.Errorf("cannot export: the format %s is a file, not a folder", format)
	}
	return f.WriteModel(ctx, dir, c, o)
}

// CheckFolder returns the error that ExportFolder would return for dir, whatever the model.
func CheckFolder(dir string, o FolderOptions) error {
	folder, err := createFolder(dir, o)
	if err != nil {
		return err
	}
	folder.Abort()
	return nil
}

func createFolder(dir string, o FolderOptions) (*durable.Folder, error) {
	if o.Replace && exists(dir, checkpoints.ConfigFile) {
		const hint = "choose another name, or remove the folder yourself"
		if exists(dir, checkpoints.ManifestFile) {
			return nil, fault.New(hint, "will not replace %s: it is a model of LuminaVec", dir)
		}
		f, err := openFolder(dir)
		if err != nil {
			return nil, fault.New(hint, "will not replace %s: %w", dir, err)
		}
		if !f.static {
			return nil, fault.New(hint, "will not replace %s: it is not a folder of model2vec or StaticEmbedding", dir)
		}
	}
	return durable.CreateFolder(dir, o.Replace, checkpoints.ConfigFile)
}

func writeFolder(ctx context.Context, dir string, c *checkpoints.Checkpoint, o FolderOptions, model2vec bool) error {
	err := c.Embedding().Validate()
	if err == nil {
		err = checkTable(c)
	}
	var m *static.Model
	if err == nil {
		m, err = static.New(c, model2vec)
	}
	if err != nil {
		return fault.New(fault.Hint(err), "cannot export: %w", err)
	}
	folder, err := createFolder(dir, o)
	if err != nil {
		return err
	}
	defer folder.Abort()
	if err := m.Write(ctx, folder, dir); err != nil {
		return err
	}
	return folder.Commit()
}
